#!/usr/bin/env python3
# Copyright 2026 The foz authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the C++ codec of Kafka's wire protocol from Kafka's own message schemas.

    kafka_codegen.py OUTPUT_DIR SCHEMA.json...

makes OUTPUT_DIR/messages.h and OUTPUT_DIR/messages.cc. A schema is JSON with // comments; what its fields mean is
described at https://github.com/apache/kafka/blob/trunk/clients/src/main/resources/common/message/README.md .
Each message becomes a struct with decode(MessageReader&, version) and encode(MessageWriter&, version); the reader, the
writer and Records are written by hand in src/kafka/wire_internal.h.
"""
import json
import pathlib
import re
import sys

SCALARS = {"bool": "bool", "int8": "int8_t", "int16": "int16_t", "int32": "int32_t", "int64": "int64_t",
           "uint16": "uint16_t", "uint32": "uint32_t", "uuid": "Uuid"}
MAX_VERSION = 32767


class Versions:
    """A range such as "3+", "0-12", "7" or "none"."""

    def __init__(self, text):
        match = re.fullmatch(r"(\d+)(\+|-(\d+))?", text)
        if text == "none":
            self.low, self.high = 1, 0
        elif not match:
            raise ValueError(f"no version range: {text}")
        else:
            self.low = int(match[1])
            self.high = self.low if not match[2] else MAX_VERSION if match[2] == "+" else int(match[3])

    def empty(self):
        return self.low > self.high

    def overlaps(self, other):
        return max(self.low, other.low) <= min(self.high, other.high)

    def test(self, within):
        """A C++ condition for a version that is known to lie in `within`; None when it always holds."""
        if not self.overlaps(within):
            return "false"
        parts = []
        if self.low > within.low:
            parts.append(f"version >= {self.low}")
        if self.high < within.high:
            parts.append(f"version <= {self.high}")
        return " && ".join(parts) or None


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", r"_\1\2", name).lower()


class Field:
    def __init__(self, spec, message):
        self.name = snake(spec["name"])
        self.type = spec["type"]
        self.versions = Versions(spec.get("versions", spec.get("taggedVersions", "none")))
        self.nullable = Versions(spec.get("nullableVersions", "none"))
        self.tagged = Versions(spec.get("taggedVersions", "none"))
        self.tag = spec.get("tag")
        # An exception to the message's own rule, such as the client id of the request header.
        self.flexible = Versions(spec["flexibleVersions"]) if "flexibleVersions" in spec else message.flexible
        self.array = self.type.startswith("[]")
        self.element = self.type[2:] if self.array else self.type
        self.is_struct = self.element not in SCALARS and self.element not in ("string", "bytes", "records")
        self.default = spec.get("default")

    def element_cpp(self):
        if self.element in SCALARS:
            return SCALARS[self.element]
        return {"string": "std::string", "bytes": "std::string", "records": "Records"}.get(self.element, self.element)

    def is_optional(self):
        return not self.nullable.empty() and self.element != "records"

    def cpp(self):
        inner = f"std::vector<{self.element_cpp()}>" if self.array else self.element_cpp()
        return f"std::optional<{inner}>" if self.is_optional() else inner

    def initializer(self):
        if self.array or self.is_struct or self.element in ("uuid", "records", "bytes"):
            return ""
        if self.element == "string":
            return f' = "{self.default}"' if self.default not in (None, "null", "") else ""
        if self.element == "bool":
            return " = true" if self.default in (True, "true") else " = false"
        value = int(str(self.default), 0) if self.default is not None else 0
        return " = INT32_MIN" if value == -2147483648 else f" = {value}"

    def is_default(self):
        """A C++ condition: does the field hold its default?"""
        if self.is_optional():
            return f"!{self.name}"
        if self.array or self.element in ("string", "bytes"):
            return f"{self.name}.empty()"
        if self.is_struct or self.element == "uuid":
            return f"{self.name} == {self.cpp()}{{}}"
        return f"{self.name} == {self.initializer().removeprefix(' = ')}"


class Struct:
    def __init__(self, name, specs, message):
        self.name = name
        self.fields = [Field(spec, message) for spec in specs if "type" in spec]
        self.nested = [Struct(spec["type"].removeprefix("[]"), spec["fields"], message)
                       for spec in specs if "fields" in spec]


class Message(Struct):
    def __init__(self, spec):
        self.flexible = Versions(spec["flexibleVersions"])
        self.valid = Versions(spec["validVersions"])
        self.key = spec.get("apiKey")
        super().__init__(spec["name"], spec["fields"], self)
        for common in spec.get("commonStructs", []):
            self.nested.insert(0, Struct(common["name"], common["fields"], self))


class Writer:
    def __init__(self):
        self.lines = []
        self.depth = 0

    def line(self, text=""):
        self.lines.append("  " * self.depth + text if text else "")

    def open(self, text):
        self.line(text + " {")
        self.depth += 1

    def close(self, text="}"):
        self.depth -= 1
        self.line(text)

    def when(self, condition, body):
        """`body` under a condition, or plainly when it is None."""
        if condition == "false":
            return
        if condition:
            self.open(f"if ({condition})")
        body()
        if condition:
            self.close()


def declare(out, struct, message=None):
    out.open(f"struct {struct.name}")
    if message:
        if message.key is not None:
            out.line(f"static constexpr int16_t kApiKey = {message.key};")
        out.line(f"static constexpr int16_t kMinVersion = {message.valid.low};")
        out.line(f"static constexpr int16_t kMaxVersion = {message.valid.high};")
        low = MAX_VERSION if message.flexible.empty() else message.flexible.low
        out.line(f"static constexpr int16_t kFlexibleFrom = {low};")
        out.line()
    for nested in struct.nested:
        declare(out, nested)
    for field in struct.fields:
        out.line(f"{field.cpp()} {field.name}{field.initializer()};")
    out.line()
    out.line("void decode(MessageReader& in, int16_t version);")
    out.line("void encode(MessageWriter& out, int16_t version) const;")
    if not any(field.element == "records" for field in struct.fields):  # those are not compared
        out.line(f"bool operator==(const {struct.name}&) const = default;")
    out.close("};")


def flexible_text(field, message):
    condition = field.flexible.test(message.valid)
    return {None: "true"}.get(condition, condition)


def nullable_text(field, message):
    if field.nullable.empty():
        return "false"
    condition = field.nullable.test(message.valid)
    return {None: "true"}.get(condition, condition)


def decode_value(out, field, message, source):
    flexible = flexible_text(field, message)
    name = field.name
    if field.array:
        element = f"{source}.text({flexible})" if field.element == "string" else None
        if field.element in SCALARS:
            element = "{}.uuid()".format(source) if field.element == "uuid" else f"{source}.big<{field.element_cpp()}>()"
        read = f"for (auto& each : {'*' if field.is_optional() else ''}{name}) "
        read += f"each.decode({source}, version);" if element is None else f"each = {element};"
        call = f"{source}.array({name}, {flexible}, {nullable_text(field, message)})"
        out.open(f"if ({call})")
        out.line(read)
        out.close()
    elif field.element == "string":
        if field.is_optional():
            out.line(f"{name} = {source}.nullable_text({flexible});")
        else:
            out.line(f"{name} = {source}.text({flexible});")
    elif field.element == "bytes":
        out.line(f"{name} = {source}.blob({flexible});")
    elif field.element == "records":
        out.line(f"{name} = {source}.records({flexible});")
    elif field.element == "uuid":
        out.line(f"{name} = {source}.uuid();")
    elif field.element == "bool":
        out.line(f"{name} = {source}.big<int8_t>() != 0;")
    elif field.is_struct and field.is_optional():
        out.line(f"if ({source}.big<int8_t>() >= 0) {name}.emplace({field.element}{{}}).decode({source}, version);")
    elif field.is_struct:
        out.line(f"{name}.decode({source}, version);")
    else:
        out.line(f"{name} = {source}.big<{field.cpp()}>();")


def encode_value(out, field, message, target):
    flexible = flexible_text(field, message)
    name = field.name
    if field.array:
        out.line(f"{target}.array({name}, {flexible});")
        value = {"string": f"{target}.text(each, {flexible});", "uuid": f"{target}.uuid(each);"}.get(field.element)
        if value is None:
            value = f"{target}.big(each);" if field.element in SCALARS else f"each.encode({target}, version);"
        loop = f"for (const auto& each : {'*' if field.is_optional() else ''}{name}) {value}"
        out.line(f"if ({name}) {loop}" if field.is_optional() else loop)
    elif field.element in ("string", "bytes"):
        out.line(f"{target}.{'text' if field.element == 'string' else 'blob'}({name}, {flexible});")
    elif field.element == "records":
        out.line(f"{target}.records({name}, {flexible});")
    elif field.element == "uuid":
        out.line(f"{target}.uuid({name});")
    elif field.element == "bool":
        out.line(f"{target}.big(int8_t{{{name}}});")
    elif field.is_struct and field.is_optional():
        out.line(f"{target}.big({name} ? int8_t{{1}} : int8_t{{-1}});")
        out.line(f"if ({name}) {name}->encode({target}, version);")
    elif field.is_struct:
        out.line(f"{name}.encode({target}, version);")
    else:
        out.line(f"{target}.big({name});")


def untagged(field, message):
    """The condition under which a field stands in the body itself."""
    if field.tagged.empty():
        return field.versions.test(message.valid)
    if field.tagged.low <= field.versions.low:
        return "false"
    return Versions(f"{field.versions.low}-{field.tagged.low - 1}").test(message.valid)


def define_decode(out, struct, message, name):
    out.open(f"void {name}::decode([[maybe_unused]] MessageReader& in, [[maybe_unused]] int16_t version)")
    for field in struct.fields:
        out.when(untagged(field, message), lambda field=field: decode_value(out, field, message, "in"))
    tagged = [field for field in struct.fields if not field.tagged.empty() and field.tagged.overlaps(message.valid)]

    def tags():
        if not tagged:
            out.line("in.skip_tags();")
            return
        out.open("in.tags([&](uint32_t tag, MessageReader& value)")
        for field in tagged:
            out.open(f"if (tag == {field.tag})")
            decode_value(out, field, message, "value")
            out.close()
        out.close("});")

    out.when(message.flexible.test(message.valid), tags)
    out.close()
    out.line()


def define_encode(out, struct, message, name):
    out.open(f"void {name}::encode([[maybe_unused]] MessageWriter& out, [[maybe_unused]] int16_t version) const")
    for field in struct.fields:
        out.when(untagged(field, message), lambda field=field: encode_value(out, field, message, "out"))
    tagged = [field for field in struct.fields if not field.tagged.empty() and field.tagged.overlaps(message.valid)]
    tagged.sort(key=lambda field: field.tag)

    def tags():
        if not tagged:
            out.line("out.no_tags();")
            return
        out.line("TagWriter tags;")
        for field in tagged:
            in_versions = field.tagged.test(message.valid)
            condition = f"!({field.is_default()})" + (f" && {in_versions}" if in_versions else "")
            # The section as a whole stands under the condition of flexible versions.
            out.open(f"if ({condition})")
            out.line("MessageWriter value;")
            encode_value(out, field, message, "value")
            out.line(f"tags.add({field.tag}, value);")
            out.close()
        out.line("out.tags(tags);")

    out.when(message.flexible.test(message.valid), tags)
    out.close()
    out.line()


def define(out, struct, message, name):
    for nested in struct.nested:
        define(out, nested, message, f"{name}::{nested.name}")
    define_decode(out, struct, message, name)
    define_encode(out, struct, message, name)


def load(path):
    text = "\n".join(line for line in path.read_text().split("\n") if not line.lstrip().startswith("//"))
    return Message(json.loads(text))


def main():
    target = pathlib.Path(sys.argv[1])
    messages = [load(pathlib.Path(name)) for name in sys.argv[2:]]
    header = Writer()
    header.line("// Made by tools/kafka_codegen.py from Kafka's message schemas (Apache-2.0, see src/kafka/schemas/NOTICE).")
    header.line("#pragma once")
    for include in ("<cstdint>", "<optional>", "<string>", "<vector>"):
        header.line(f"#include {include}")
    header.line('#include "base/uuid.h"')
    header.line('#include "kafka/wire_internal.h"')
    header.line("namespace foz::kafka {")
    source = Writer()
    source.line('#include "kafka_codec/messages.h"')
    source.line("namespace foz::kafka {")
    for message in messages:
        declare(header, message, message)
        define(source, message, message, message.name)
    for out in (header, source):
        out.line("}  // namespace foz::kafka")
    target.mkdir(parents=True, exist_ok=True)
    (target / "messages.h").write_text("\n".join(header.lines) + "\n")
    (target / "messages.cc").write_text("\n".join(source.lines) + "\n")


main()
