"""What a client asks of a server and what it is told, as text to compare: a line for each question, its name, a tab, JSON.

A script is run as SCRIPT BOOTSTRAP. All its topics, groups and transactional ids begin with a prefix that no other run has, and
which is left out of the answers, as are all things that differ from server to server.
"""

import json
import sys
import time
import uuid


class Transcript:
    def __init__(self, error_name):
        """error_name(exception): what the client calls a refusal, or None if it is not one."""
        self.prefix = f"run-{uuid.uuid4().hex[:8]}-"
        self.error_name = error_name

    def name(self, text: str) -> str:
        return self.prefix + text

    def tell(self, question: str, answer) -> None:
        text = json.dumps(answer, ensure_ascii=False, default=plain, sort_keys=True)
        print(question, text.replace(self.prefix, ""), sep="\t", flush=True)

    def ask(self, question: str, call):
        """Tells what call() returns, or the name of what it is refused with. Returns the answer."""
        try:
            answer = call()
        except Exception as error:
            name = self.error_name(error)
            if name is None:
                raise RuntimeError(f"{question}: {error!r}") from error
            self.tell(question, f"refused: {name}")
            return None
        self.tell(question, answer)
        return answer


def plain(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{value!r} is no answer")


def eventually(condition, what: str, wait_s: float = 60):
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + wait_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            sys.exit(f"{what} did not come about in {wait_s} s")
        time.sleep(0.05)
