// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/spark_date_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/spark_text.h"

namespace foz::sql::spark {

namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int longest(char letter, int count) {
  switch (letter) {
    case 'y': return 6;
    case 'M':
    case 'Q': return 4;
    case 'd': return 2;
    case 'D': return 3;
    case 'E': return 4;
    case 'S': return 9;
    case 'a': return 1;
    case 'H':
    case 'k':
    case 'K':
    case 'h':
    case 'm':
    case 's': return 2;
    case 'X':
    case 'x': return 5;
    case 'Z': return 3;
    default: return count - 1;
  }
}

// What a text says, before it becomes an instant.
struct Fields {
  int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0, zone = 0,
          day_of_year = 0;
  int half = -1;  // of the day: 0 AM, 1 PM
};

// A field of one letter may have more digits than letters, unless digits of another follow it.
bool take_number(std::string_view& text, int min, int max, int64_t& value) {
  int count = 0;
  value = 0;
  while (count < max && count < static_cast<int>(text.size()) &&
         is_digit(text[static_cast<size_t>(count)])) {
    value = value * 10 + (text[static_cast<size_t>(count++)] - '0');
  }
  text.remove_prefix(static_cast<size_t>(count));
  return count >= min;
}

// Without case.
bool take_word(std::string_view& text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (!std::ranges::equal(text.substr(0, word.size()), word, {}, lower, lower)) return false;
  text.remove_prefix(word.size());
  return true;
}

template <size_t N>
bool take_name(std::string_view& text, const std::string_view (&names)[N], bool shorten,
               int64_t& index) {
  for (size_t i = 0; i < N; i++) {
    const std::string_view name = shorten ? names[i].substr(0, 3) : names[i];
    if (!take_word(text, name)) continue;
    index = static_cast<int64_t>(i);
    return true;
  }
  return false;
}

// From one digit to `count`, of which micros has six.
bool take_fraction(std::string_view& text, int count, int64_t& micros) {
  if (text.empty() || !is_digit(text.front())) return false;
  int64_t unit = 100'000;
  micros = 0;
  for (int i = 0; i < count && !text.empty() && is_digit(text.front()); i++) {
    micros += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return true;
}

bool take_zone(std::string_view& text, int64_t& seconds) {
  size_t length = 0;
  while (length < text.size() &&
         (is_digit(text[length]) ||
          std::string_view("+-:ZUTGM").find(text[length]) != std::string_view::npos)) {
    length++;
  }
  if (length == 0 || !read_zone(text.substr(0, length), seconds)) return false;
  text.remove_prefix(length);
  return true;
}

bool take_year(std::string_view& text, int count, bool more_digits, int64_t& year) {
  if (count == 2) {
    if (!take_number(text, 2, 2, year)) return false;
    year += 2000;
    return true;
  }
  const int widest = more_digits ? count : std::max(count, 6);
  return take_number(text, std::min(count, 4), widest, year);
}

bool to_instant(const Fields& f, int64_t& micros) {
  int64_t hour = f.hour;
  if (f.half >= 0) {
    if (hour > 12) return false;
    hour = hour % 12 + (f.half == 1 ? 12 : 0);
  }
  if (f.month < 1 || f.month > 12 || f.day < 1 ||
      f.day > days_in_month(f.year, static_cast<int>(f.month)))
    return false;
  if (hour > 23 || f.minute > 59 || f.second > 59) return false;
  int64_t days = days_from_civil(f.year, static_cast<int>(f.month), static_cast<int>(f.day));
  if (f.day_of_year > 0) {
    days = days_from_civil(f.year, 1, 1) + f.day_of_year - 1;
    if (civil_from_days(days).year != f.year) return false;
  }
  micros = days * kMicrosPerDay +
           ((hour * 60 + f.minute) * 60 + f.second - f.zone) * kMicrosPerSecond + f.micros;
  return true;
}

std::string offset_text(char letter, int count) {  // of UTC
  if (letter == 'X') return "Z";
  if (letter == 'Z') return count == 4 ? "GMT" : "+0000";
  return count == 1 ? "+00" : count == 2 || count == 4 ? "+0000" : "+00:00";
}

}  // namespace

std::optional<DatePattern> DatePattern::compile(std::string_view pattern, std::string& error) {
  DatePattern result;
  const auto literal = [&](char c) {
    if (result.parts_.empty() || result.parts_.back().letter != 0) result.parts_.push_back({});
    result.parts_.back().text += c;
  };
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const size_t end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) return error = "quote is not closed", std::nullopt;
      if (end == i + 1) literal('\'');
      for (char quoted : pattern.substr(i + 1, end - i - 1)) literal(quoted);
      i = end + 1;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter) {
      if (std::string_view("[]{}#").find(c) != std::string_view::npos)
        return error = fmt::format("'{}' in a datetime pattern is not supported", c), std::nullopt;
      literal(c);
      i++;
      continue;
    }
    const size_t end = std::min(pattern.find_first_not_of(c, i), pattern.size());
    const int count = static_cast<int>(end - i);
    if (count > longest(c, count)) {
      return error = fmt::format("datetime pattern letters {} are not supported",
                                 pattern.substr(i, end - i)),
             std::nullopt;
    }
    result.parts_.push_back({c, count, ""});
    i = end;
  }
  return result;
}

bool DatePattern::parse(std::string_view text, int64_t& micros) const {
  Fields f;
  int64_t ignored = 0;
  for (size_t i = 0; i < parts_.size(); i++) {
    const Part& part = parts_[i];
    const bool digits_follow =
        i + 1 < parts_.size() && parts_[i + 1].letter != 0 && parts_[i + 1].letter != 'a';
    const int widest = part.count > 1 || digits_follow ? part.count : 2;
    bool ok = true;
    switch (part.letter) {
      case 0: ok = take_word(text, part.text); break;
      case 'y': ok = take_year(text, part.count, digits_follow, f.year); break;
      case 'M':
        if (part.count <= 2) {
          ok = take_number(text, part.count, widest, f.month);
        } else {
          ok = take_name(text, kMonths, part.count == 3, f.month);
          f.month++;
        }
        break;
      case 'd': ok = take_number(text, part.count, widest, f.day); break;
      case 'D': ok = take_number(text, part.count, 3, f.day_of_year) && f.day_of_year > 0; break;
      case 'E': ok = take_name(text, kDays, part.count < 4, ignored); break;
      case 'H':
      case 'K':
      case 'h':
      case 'k':
        ok = take_number(text, part.count, widest, f.hour);
        if (part.letter == 'k' && f.hour == 24) f.hour = 0;
        if (part.letter == 'h' && (f.hour < 1 || f.hour > 12)) ok = false;
        break;
      case 'm': ok = take_number(text, part.count, widest, f.minute); break;
      case 's': ok = take_number(text, part.count, widest, f.second); break;
      case 'S': ok = take_fraction(text, part.count, f.micros); break;
      case 'a':
        f.half = take_word(text, "AM") ? 0 : 1;
        ok = f.half == 0 || take_word(text, "PM");
        break;
      case 'X':
      case 'x':
      case 'Z': ok = take_zone(text, f.zone); break;
      default: ok = false;
    }
    if (!ok) return false;
  }
  return text.empty() && to_instant(f, micros);
}

std::string DatePattern::format(int64_t micros) const {
  const int64_t days = floor_div(micros, kMicrosPerDay), time = floor_mod(micros, kMicrosPerDay);
  const Civil civil = civil_from_days(days);
  const int64_t hour = time / 3'600'000'000, minute = time / 60'000'000 % 60,
                second = time / 1'000'000 % 60;
  const auto weekday = static_cast<size_t>(floor_mod(days + 3, 7));
  const auto month = static_cast<size_t>(civil.month - 1);
  std::string out;
  for (const Part& part : parts_) {
    const int n = part.count;
    switch (part.letter) {
      case 0: out += part.text; break;
      case 'y':
        out += n == 2 ? fmt::format("{:02}", floor_mod(civil.year, 100))
                      : fmt::format("{:0{}}", civil.year, n);
        break;
      case 'M':
        out += n <= 2 ? fmt::format("{:0{}}", civil.month, n)
                      : std::string(n == 3 ? kMonths[month].substr(0, 3) : kMonths[month]);
        break;
      case 'd': out += fmt::format("{:0{}}", civil.day, n); break;
      case 'D':
        out += fmt::format("{:0{}}", days - days_from_civil(civil.year, 1, 1) + 1, n);
        break;
      case 'E': out += n < 4 ? kDays[weekday].substr(0, 3) : kDays[weekday]; break;
      case 'H': out += fmt::format("{:0{}}", hour, n); break;
      case 'k': out += fmt::format("{:0{}}", hour == 0 ? 24 : hour, n); break;
      case 'K': out += fmt::format("{:0{}}", hour % 12, n); break;
      case 'h': out += fmt::format("{:0{}}", hour % 12 == 0 ? 12 : hour % 12, n); break;
      case 'm': out += fmt::format("{:0{}}", minute, n); break;
      case 's': out += fmt::format("{:0{}}", second, n); break;
      case 'S':
        out += fmt::format("{:06}000", time % 1'000'000).substr(0, static_cast<size_t>(n));
        break;
      case 'a': out += hour < 12 ? "AM" : "PM"; break;
      case 'Q':
        out += n == 3 ? fmt::format("Q{}", (civil.month + 2) / 3)
                      : fmt::format("{:0{}}", (civil.month + 2) / 3, std::min(n, 2));
        break;
      default: out += offset_text(part.letter, n);
    }
  }
  return out;
}

}  // namespace foz::sql::spark
