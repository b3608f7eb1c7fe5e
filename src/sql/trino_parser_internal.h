// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A recursive descent over Trino's grammar, in time that grows with the text. Where the grammar is
// ambiguous (words that are keywords only in their place) it looks a few tokens ahead, and never
// goes back.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/trino_ast_internal.h"
#include "sql/trino_tokens_internal.h"
#include "sql/trino_write_ast_internal.h"

namespace foz::sql {

struct ParsedTrino {
  ast::Statement statement;  // a kOther, when it writes
  std::shared_ptr<ast::Write> write;
  size_t parameters = 0;  // how many `?` it has
};

// The values for the parameters of a statement: each the tokens of one expression.
using ParameterTokens = std::vector<std::vector<TrinoToken>>;

// SYNTAX_ERROR at the token where Trino reports it, STACK_OVERFLOW for what is nested too deeply.
// With values a parameter is the expression of its value, at the parameter's place; one that has
// none is a NULL (the caller compares the numbers).
QueryResult<ParsedTrino> parse_trino(std::string_view sql, const ParameterTokens* values = nullptr);

// The parser itself; its functions throw a QueryError.
class TrinoParser {
 public:
  TrinoParser(std::string_view sql, std::vector<TrinoToken> tokens, const ParameterTokens* values);

  ParsedTrino parse();

 private:
  // ---- Tokens and names (trino_parser.cc) ----
  const TrinoToken& peek(size_t ahead = 0) const;
  bool at(std::string_view word, size_t ahead = 0) const { return peek(ahead).is(word); }
  bool at(TrinoTokenKind kind, size_t ahead = 0) const { return peek(ahead).kind == kind; }
  bool at_words(std::initializer_list<std::string_view> words, size_t ahead = 0) const;
  bool at_any(std::initializer_list<std::string_view> words, size_t ahead = 0) const;
  bool accept(std::string_view word);
  bool accept_words(std::initializer_list<std::string_view> words);
  const TrinoToken& take() { return tokens_[std::min(next_++, tokens_.size() - 1)]; }
  const TrinoToken& expect(std::string_view word);
  [[noreturn]] void fail() const { fail(peek()); }
  [[noreturn]] void fail(const TrinoToken& token) const;
  [[noreturn]] void refuse(size_t offset, std::string_view message) const;  // SYNTAX_ERROR
  [[noreturn]] void overflow() const;
  [[noreturn]] void too_large() const;
  bool at_identifier(size_t ahead = 0) const;
  ast::Identifier identifier();
  ast::QualifiedName qualified_name();
  std::vector<ast::Identifier> identifiers_in_brackets();
  bool at_string() const;
  std::string string();
  std::string unicode_string(const TrinoToken& token);
  ast::Type type();
  ast::Type type_without_suffix();
  ast::Type time_type(const char* name);
  ast::Type interval_type();

  // ---- Expressions (trino_parser_expressions.cc) ----
  ast::ExpressionPtr expression();
  ast::ExpressionPtr conjunction();
  ast::ExpressionPtr negation();
  ast::ExpressionPtr predicated();
  ast::ExpressionPtr predicate(ast::ExpressionPtr value);
  ast::ExpressionPtr in_predicate(ast::ExpressionPtr made);
  ast::ExpressionPtr value(int precedence = 0);
  ast::ExpressionPtr unary();
  ast::ExpressionPtr zone(ast::ExpressionPtr value);
  ast::ExpressionPtr postfix();
  std::vector<ast::ExpressionPtr> expressions();

  // ---- Primary expressions (trino_parser_primary.cc) ----
  ast::ExpressionPtr primary();
  ast::ExpressionPtr literal();
  ast::ExpressionPtr number(bool negative);
  ast::ExpressionPtr keyword_primary();
  ast::ExpressionPtr word_primary();
  ast::ExpressionPtr special_form();
  ast::ExpressionPtr interval();
  bool at_interval() const;
  ast::ExpressionPtr parenthesized();
  ast::ExpressionPtr array();
  bool at_lambda_of_many() const;
  ast::ExpressionPtr lambda();
  ast::ExpressionPtr call();
  void call_tail(ast::Expression& made);
  void check_arguments(const ast::Expression& made) const;
  ast::ExpressionPtr listagg();
  ast::ExpressionPtr case_expression();
  ast::ExpressionPtr cast();
  ast::ExpressionPtr trim();
  ast::ExpressionPtr extract();
  ast::ExpressionPtr json_call();
  void json_arguments(ast::Expression& made);
  void json_behaviors(ast::Expression& made);
  ast::ExpressionPtr json_value_expression(ast::Expression& made);
  ast::ExpressionPtr parameter();
  ast::Window window();
  ast::FrameBound frame_bound();

  ast::ExpressionPtr make(ast::ExpressionKind kind, size_t offset, std::string text = {}) const;
  ast::ExpressionPtr make(ast::ExpressionKind kind, size_t offset, ast::ExpressionPtr child) const;
  void add(ast::Expression& parent, ast::ExpressionPtr child) const;
  // The last token that was taken ends the node.
  ast::ExpressionPtr subquery(size_t offset, ast::QueryPtr query) const;

  // ---- Queries (trino_parser_queries.cc) ----
  bool at_query() const;
  ast::QueryPtr query();
  ast::QueryPtr query_without_with(ast::BodyPtr first = nullptr);
  // Behind an opening bracket: a query, or what may also be an expression that holds one.
  ast::QueryPtr query_in_brackets();
  ast::QueryPtr continue_query(ast::QueryPtr inner, size_t offset);
  bool continues_query() const;
  ast::BodyPtr body(ast::BodyPtr first);
  ast::BodyPtr intersection(ast::BodyPtr first);
  ast::BodyPtr body_primary();
  ast::BodyPtr combine(ast::BodyPtr left, const TrinoToken& operation, bool all,
                       ast::BodyPtr right) const;
  ast::BodyPtr select();
  ast::SelectItem select_item();
  std::vector<ast::SortItem> sort_items();
  std::vector<ast::GroupingElement> grouping_elements();
  ast::GroupingElement grouping_element();
  std::vector<ast::ExpressionPtr> grouping_set();
  ast::ExpressionPtr row_count();
  bool at_clause() const;  // a word that may be an alias stands for a clause
  std::optional<ast::Identifier> alias();
  ast::RelationPtr relation();
  ast::RelationPtr sampled_relation();
  ast::RelationPtr relation_primary();
  ast::RelationPtr relation_in_brackets();
  ast::RelationPtr join(ast::RelationPtr left);
  void period(ast::Relation& table);

  // ---- Statements (trino_parser_statements.cc) ----
  ast::Statement statement();
  ast::Statement explain();
  ast::Statement show();
  ast::Statement describe();
  ast::Statement set();
  ast::Statement reset();
  ast::Statement execute();
  ast::Statement prepare();
  ast::Statement call_statement();
  ast::Statement start_transaction();
  ast::Statement other(std::initializer_list<std::string_view> second);
  void like(ast::Statement& made);
  void using_values(ast::Statement& made);
  std::vector<ast::Argument> arguments();

  // ---- Statements that write (trino_parser_writes.cc, trino_parser_tables.cc) ----
  // Begins one, behind so many words.
  ast::Write& write(ast::WriteKind kind, size_t words);
  ast::Statement written(const char* name) const;
  ast::Statement insert();
  ast::Statement delete_from();
  ast::Statement update();
  ast::Statement merge();
  ast::MergeCase merge_case();
  void assignments(std::vector<ast::Identifier>& columns, std::vector<ast::ExpressionPtr>& values);
  ast::Statement create();
  ast::Statement create_schema();
  ast::Statement create_table(size_t words, bool replace);
  void table_elements(ast::Write& write);
  ast::ColumnDefinition column_definition();
  std::vector<ast::Property> properties();
  ast::Statement drop();
  ast::Statement alter();
  ast::Statement set_authorization();
  void alter_column(ast::Write& made);
  ast::Statement comment_on();
  bool accept_if_exists();
  bool accept_if_not_exists();

  struct Depth {
    explicit Depth(TrinoParser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDeepest) parser_.overflow();
    }
    ~Depth() { --parser_.depth_; }
    TrinoParser& parser_;
  };
  static constexpr int kDeepest = 300;  // of brackets, and of operators in each other
  // DuckDB's planning takes more than time in proportion beyond these.
  static constexpr size_t kWidest = 10'000;  // columns, arguments, terms of AND and OR
  static constexpr int kMostQueries = 2'000;

  std::string_view sql_;
  std::vector<TrinoToken> tokens_;  // ends with kEnd
  const ParameterTokens* values_;
  size_t next_ = 0;
  std::shared_ptr<ast::Write> write_;
  size_t parameters_ = 0;
  int depth_ = 0;
  int queries_ = 0;
};

}  // namespace foz::sql
