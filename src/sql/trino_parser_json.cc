// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY and their clauses.

#include "sql/trino_parser_internal.h"

namespace foz::sql {

using ast::ExpressionKind;
using ast::ExpressionPtr;

ExpressionPtr TrinoParser::json_call() {
  const TrinoToken& token = take();
  auto made = make(ExpressionKind::kJsonCall, token.offset, lower_case(token.text));
  made->json = std::make_unique<ast::JsonClauses>();
  expect("(");
  json_arguments(*made);
  if (accept("returning")) {
    made->type = std::make_unique<ast::Type>(type());
    if (accept("format")) {
      expect("json");
      made->json->formatted = true;
    }
  }
  json_behaviors(*made);
  expect(")");
  return made;
}

// The value, and whether it is JSON already.
ExpressionPtr TrinoParser::json_value_expression(ast::Expression& made) {
  auto value = expression();
  if (at("format") && at("json", 1)) {
    next_ += 2;
    made.json->formatted = true;
    if (accept("encoding")) {
      if (!at_any({"utf8", "utf16", "utf32"})) fail();
      take();
    }
  }
  return value;
}

void TrinoParser::json_arguments(ast::Expression& made) {
  if (made.text == "json_object" || made.text == "json_array") {
    if (at(")") || at("returning")) return;
    do {
      if (made.text == "json_object") {
        const bool keyed = at("key") && !at_any({":", "value"}, 1);
        if (keyed) take();
        add(made, expression());
        if (!(!keyed && accept(":"))) expect("value");
      }
      add(made, json_value_expression(made));
    } while (accept(","));
    if (accept_words({"null", "on"})) {
      expect("null");
      made.json->null_handling = "null";
    } else if (accept_words({"absent", "on"})) {
      expect("null");
      made.json->null_handling = "absent";
    }
    if (at_any({"with", "without"}) && at("unique", 1)) {
      made.json->formatted |= at("with");
      next_ += 2;
      accept("keys");
    }
    return;
  }
  add(made, json_value_expression(made));
  expect(",");
  const size_t path = peek().offset;
  add(made, make(ExpressionKind::kString, path, string()));
  if (accept("as")) identifier();
  if (!accept("passing")) return;
  do {
    add(made, json_value_expression(made));
    expect("as");
    made.json->passing.push_back(identifier());
  } while (accept(","));
}

// Wrappers, quotes, and what an empty result or an error gives.
void TrinoParser::json_behaviors(ast::Expression& made) {
  if (made.text == "json_object" || made.text == "json_array") return;
  if (made.text == "json_query") {
    if (at_any({"with", "without"})) {
      made.json->wrapper = lower_case(take().text);
      if (at_any({"conditional", "unconditional"})) made.json->wrapper = lower_case(take().text);
      accept("array");
      expect("wrapper");
    }
    if (at_any({"keep", "omit"})) {
      made.json->quotes = lower_case(take().text);
      expect("quotes");
      if (accept_words({"on", "scalar"})) expect("string");
    }
  }
  while (!at(")")) {
    std::string behavior;
    ExpressionPtr value;
    if (accept("default")) {
      behavior = "default";
      value = expression();
    } else if (accept("empty")) {
      if (!at_any({"array", "object"})) fail();
      behavior = "empty " + lower_case(take().text);
    } else {
      if (!at_any({"error", "null", "true", "false", "unknown"})) fail();
      behavior = lower_case(take().text);
    }
    expect("on");
    const bool empty = at("empty") && made.json->on_empty.empty() && made.json->on_error.empty();
    if (!empty && (!at("error") || !made.json->on_error.empty())) fail();
    take();
    (empty ? made.json->on_empty : made.json->on_error) = behavior;
    (empty ? made.json->empty_default : made.json->error_default) = std::move(value);
  }
}

}  // namespace foz::sql
