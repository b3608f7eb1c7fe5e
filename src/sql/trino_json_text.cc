// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_json_text_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sql/utf8_internal.h"

namespace foz::sql {

namespace {

constexpr int kDeepest = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// As Java writes a double.
std::string java_double(std::string_view digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::string(digits);
  const double size = std::abs(value);
  if (value == 0 || (size >= 1e-3 && size < 1e7)) {
    std::string out = fmt::format("{}", value);
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
  }
  char buffer[64];
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string out(buffer, written.ptr);
  const size_t e = out.find('e');
  std::string mantissa = out.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return fmt::format("{}E{}", mantissa, std::stoi(out.substr(e + 1)));
}

// Reads values from left to right. A false result is text that is no JSON.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) { blanks(); }

  size_t at() const { return at_; }
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::string_view from(size_t begin) const { return text_.substr(begin, at_ - begin); }
  void blanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }

  bool string(std::string* out) {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') {
        if (!escape(out)) return false;
        continue;
      }
      if (out) *out += c;
      ++at_;
    }
    return false;
  }

  bool number() {
    const auto digits = [&] {
      const size_t begin = at_;
      while (is_digit(next())) ++at_;
      return at_ > begin;
    };
    take('-');
    if (!take('0') && !digits()) return false;
    if (is_digit(next())) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    return true;
  }

  bool word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // A value, with the blanks behind it.
  bool skip(int depth = 0) {
    if (depth > kDeepest) return false;
    bool good = false;
    switch (next()) {
      case '{': good = members([&](const std::string&) { return skip(depth + 1); }); break;
      case '[': good = elements([&] { return skip(depth + 1); }); break;
      default: good = scalar();
    }
    blanks();
    return good;
  }

  bool scalar() {
    switch (next()) {
      case '"': return string(nullptr);
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  // Calls `member` with each name, at its value.
  template <class F>
  bool members(F member) {
    if (!take('{')) return false;
    blanks();
    if (take('}')) return true;
    do {
      blanks();
      std::string name;
      if (!string(&name)) return false;
      blanks();
      if (!take(':')) return false;
      blanks();
      if (!member(name)) return false;
      blanks();
    } while (take(','));
    return take('}');
  }
  template <class F>
  bool elements(F element) {
    if (!take('[')) return false;
    blanks();
    if (take(']')) return true;
    do {
      blanks();
      if (!element()) return false;
      blanks();
    } while (take(','));
    return take(']');
  }

  bool normalized(std::string& out, JsonStyle style, int depth = 0) {
    if (depth > kDeepest) return false;
    const size_t begin = at_;
    switch (next()) {
      case '{': return object(out, style, depth);
      case '[': {
        out += '[';
        const size_t first = out.size();
        const bool good = elements([&] {
          if (out.size() > first) out += ',';
          return normalized(out, style, depth + 1);
        });
        out += ']';
        return good;
      }
      case '"': {
        std::string characters;
        if (!string(&characters)) return false;
        out += json_quoted(characters);
        return true;
      }
      default: break;
    }
    if (!scalar()) return false;
    const std::string_view text = from(begin);
    const bool fraction =
        text.find_first_of(".eE") != std::string_view::npos && text[0] != 't' && text[0] != 'f';
    out += fraction && style.plain_numbers ? java_double(text) : std::string(text);
    return true;
  }

 private:
  bool object(std::string& out, JsonStyle style, int depth) {
    std::vector<std::pair<std::string, std::string>> found;
    const bool good = members([&](std::string& name) {
      found.emplace_back(std::move(name), std::string());
      return normalized(found.back().second, style, depth + 1);
    });
    if (!good) return false;
    if (style.sorted)
      std::ranges::stable_sort(found, {}, &std::pair<std::string, std::string>::first);
    out += '{';
    const size_t begin = out.size();
    for (size_t i = 0; i < found.size(); ++i) {
      if (style.sorted && i + 1 < found.size() && found[i].first == found[i + 1].first) continue;
      if (out.size() > begin) out += ',';
      out += json_quoted(found[i].first) + ":" + found[i].second;
    }
    out += '}';
    return true;
  }

  std::optional<uint32_t> hex4() {
    uint32_t code = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4) return std::nullopt;
    at_ += 4;
    return code;
  }

  bool escape(std::string* out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    ++at_;
    const char letter = next();
    ++at_;
    if (const size_t known = kLetters.find(letter); known != std::string_view::npos) {
      if (out) *out += kMeant[known];
      return true;
    }
    if (letter != 'u') return false;
    auto code = hex4();
    if (!code) return false;
    if (*code >= 0xd800 && *code < 0xdc00 && word("\\u")) {
      const auto low = hex4();
      if (!low) return false;
      code = *low >= 0xdc00 && *low < 0xe000 ? 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00)
                                             : 0xfffd;
    }
    if (*code >= 0xd800 && *code < 0xe000) code = 0xfffd;
    if (out) append_character(*out, *code);
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

JsonKind json_kind(std::string_view value) {
  switch (Reader(value).next()) {
    case '{': return JsonKind::kObject;
    case '[': return JsonKind::kArray;
    case '"': return JsonKind::kString;
    case 'n': return JsonKind::kNull;
    case 't':
    case 'f': return JsonKind::kBoolean;
    default: return JsonKind::kNumber;
  }
}

std::string json_unquoted(std::string_view value) {
  std::string out;
  Reader reader(value);
  reader.string(&out);
  return out;
}

std::string json_quoted(std::string_view characters) {
  static constexpr std::string_view kLetters = "\"\\bfnrt", kMeant = "\"\\\b\f\n\r\t";
  std::string out = "\"";
  for (const char c : characters) {
    if (const size_t known = kMeant.find(c); known != std::string_view::npos) {
      out += '\\';
      out += kLetters[known];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04X}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::optional<std::string> json_normalized(std::string_view text, JsonStyle style) {
  Reader reader(text);
  std::string out;
  if (!reader.normalized(out, style)) return std::nullopt;
  reader.blanks();
  if (reader.at() != text.size()) return std::nullopt;
  return out;
}

std::optional<int64_t> json_size(std::string_view text) {
  int64_t count = 0;
  Reader reader(text);
  bool good = false;
  if (json_kind(text) == JsonKind::kArray) {
    good = reader.elements([&] { return ++count, reader.skip(); });
  } else if (json_kind(text) == JsonKind::kObject) {
    good = reader.members([&](const std::string&) { return ++count, reader.skip(); });
  }
  return good ? std::optional(count) : std::nullopt;
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view text) {
  std::vector<std::string_view> found;
  Reader reader(text);
  const bool good = reader.elements([&] {
    const size_t begin = reader.at();
    const bool read = reader.skip();
    found.push_back(reader.from(begin));
    return read;
  });
  return good ? std::optional(std::move(found)) : std::nullopt;
}

std::optional<std::string_view> json_element(std::string_view text, int64_t index) {
  const auto all = json_elements(text);
  if (!all) return std::nullopt;
  const auto size = static_cast<int64_t>(all->size());
  if (index < 0) index += size;
  return index < 0 || index >= size ? std::nullopt
                                    : std::optional((*all)[static_cast<size_t>(index)]);
}

std::optional<JsonSteps> JsonSteps::read(std::string_view path, bool wildcards) {
  JsonSteps out;
  if (!path.starts_with('$')) return std::nullopt;
  path.remove_prefix(1);
  while (!path.empty()) {
    if (path.front() == '.' && path.substr(1).starts_with('"')) path.remove_prefix(1);
    const bool bracket = path.starts_with("[\"");
    if (bracket || path.front() == '"') {
      Reader reader(path.substr(bracket ? 1 : 0));
      std::string name;
      if (!reader.string(&name)) return std::nullopt;
      path.remove_prefix(reader.at() + (bracket ? 1 : 0));
      if (bracket && !path.starts_with(']')) return std::nullopt;
      if (bracket) path.remove_prefix(1);
      out.steps_.emplace_back(std::move(name));
    } else if (path.front() == '[') {
      const size_t end = path.find(']');
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view inside = path.substr(1, end - 1);
      path.remove_prefix(end + 1);
      int64_t index = 0;
      const auto [at, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
      const bool number = error == std::errc() && at == inside.data() + inside.size() && index >= 0;
      if (inside == "*" && wildcards) {
        out.steps_.emplace_back(Any{});
      } else if (number) {
        out.steps_.emplace_back(index);
      } else {
        return std::nullopt;
      }
    } else if (path.front() == '.') {
      const size_t end = std::min(path.find_first_of(".[", 1), path.size());
      const std::string_view name = path.substr(1, end - 1);
      path.remove_prefix(end);
      if (name == "*" && wildcards) {
        out.steps_.emplace_back(Any{});
      } else if (name.empty() || name.find_first_of("*?()\"' ") != std::string_view::npos) {
        return std::nullopt;
      } else {
        out.steps_.emplace_back(std::string(name));
      }
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<std::string_view> JsonSteps::find(std::string_view text) const {
  for (const Step& step : steps_) {
    Reader reader(text);
    std::optional<std::string_view> found;
    const auto at_value = [&](bool wanted) {
      const size_t begin = reader.at();
      if (!reader.skip()) return false;
      if (wanted) found = reader.from(begin);
      return !wanted;  // no need to read on
    };
    if (const auto* name = std::get_if<std::string>(&step)) {
      reader.members([&](const std::string& member) { return at_value(member == *name); });
    } else {
      int64_t left = std::get<int64_t>(step);
      reader.elements([&] { return at_value(left-- == 0); });
    }
    if (!found) return std::nullopt;
    text = *found;
  }
  Reader reader(text);
  const size_t begin = reader.at();
  if (!reader.skip()) return std::nullopt;
  return reader.from(begin);
}

std::vector<std::string_view> JsonSteps::find_all(std::string_view text, bool lax) const {
  std::vector<std::string_view> values;
  if (!json_normalized(text, {false, false})) return values;
  values.push_back(text);
  for (const Step& step : steps_) {
    std::vector<std::string_view> next;
    for (const std::string_view value : values) {
      const bool array = json_kind(value) == JsonKind::kArray;
      if (const auto* name = std::get_if<std::string>(&step)) {
        JsonSteps one;
        one.steps_.emplace_back(*name);
        const auto among = array && lax ? *json_elements(value) : std::vector{value};
        for (const std::string_view member : among) {
          if (const auto found = one.find(member)) next.push_back(*found);
        }
        continue;
      }
      auto among = array ? *json_elements(value) : std::vector<std::string_view>();
      if (!array && lax) among.push_back(value);
      if (const auto* index = std::get_if<int64_t>(&step)) {
        if (*index < static_cast<int64_t>(among.size()))
          next.push_back(among[static_cast<size_t>(*index)]);
      } else {
        next.insert(next.end(), among.begin(), among.end());
      }
    }
    values = std::move(next);
  }
  return values;
}

}  // namespace foz::sql
