import { render } from "preact";
import { App } from "./app";
import { follow } from "./live";

render(<App />, document.getElementById("app")!);
void follow();
