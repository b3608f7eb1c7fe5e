// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "web/page.h"

#include <algorithm>
#include <utility>

#include "base/workers.h"
#include "web/json_internal.h"
#include "web/overview.h"
#include "web/page_files.h"
#include "web/table_json.h"
#include "web/topic_json.h"

namespace foz::web {
namespace {

constexpr size_t kMostWaiting = 64;

// Nothing but this program's own files is loaded, run or asked for.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

net::HttpResponse file_response(const char* type, const char* tag, std::string_view body,
                                const net::HttpRequest& request) {
  net::HttpResponse response;
  response.headers = {{"Content-Type", type},
                      {"Cache-Control", "no-cache"},
                      {"ETag", tag},
                      {"Content-Security-Policy", kPolicy},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}};
  if (net::find_header(request.headers, "If-None-Match") == tag) {
    response.status = 304;
  } else {
    response.body = body;
  }
  return response;
}

net::HttpResponse json_answer(Result<std::string> json) {
  return json ? net::json_response(*std::move(json)) : refusal(json.error());
}

// The segments of "/api/tables/a/b" behind "/api/tables/".
std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> all;
  for (size_t skipped = 0; !path.empty(); ++skipped) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    if (skipped >= 2) all.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return all;
}

Result<RecordsRequest> records_request(const net::HttpRequest& request, std::string topic) {
  RecordsRequest wanted;
  wanted.topic = std::move(topic);
  wanted.partition = TRY(number_parameter(request, "partition")).value_or(wanted.partition);
  wanted.from = TRY(number_parameter(request, "from"));
  wanted.time_ms = TRY(number_parameter(request, "time"));
  wanted.limit = TRY(number_parameter(request, "limit")).value_or(wanted.limit);
  wanted.bytes = TRY(number_parameter(request, "bytes")).value_or(wanted.bytes);
  return wanted;
}

}  // namespace

struct Page::Impl {
  explicit Impl(Sources s) : sources(std::move(s)), overview(sources) {}

  void get_overview(const net::HttpRequest& request, net::Respond respond) {
    const auto since = number_parameter(request, "since");
    if (!since) return respond(refusal(since.error()));
    respond(net::json_response(*since ? overview.json(**since) : overview.json()));
  }

  void get_events(const net::HttpRequest& request, net::Respond respond) {
    const auto after = number_parameter(request, "after");
    if (!after) return respond(refusal(after.error()));
    respond(net::json_response(overview.events(after->value_or(0))));
  }

  void get_table(const net::HttpRequest& request, net::Respond respond) {
    auto names = segments(request.path);
    if (names.size() != 2) return respond(refusal(404, "it is /api/tables/SCHEMA/NAME"));
    const auto before = number_parameter(request, "before");
    if (!before) return respond(refusal(before.error()));
    read(std::move(respond), [this, names = std::move(names), before = *before] {
      return json_answer(table_json(sources, names[0], names[1], before));
    });
  }

  void get_topic(const net::HttpRequest& request, net::Respond respond) {
    auto names = segments(request.path);
    if (names.size() == 1) return respond(json_answer(topic_json(*sources.log, names[0])));
    if (names.size() != 2 || names[1] != "records")
      return respond(refusal(404, "it is /api/topics/NAME or /api/topics/NAME/records"));
    auto wanted = records_request(request, std::move(names[0]));
    if (!wanted) return respond(refusal(wanted.error()));
    read(std::move(respond), [this, wanted = *std::move(wanted)] {
      return json_answer(records_json(*sources.log, wanted));
    });
  }

  // Answers that need the disk: one after the other, so that a slow disk costs the page its answers
  // and nobody else theirs, and that at most one batch of records is unpacked.
  void read(net::Respond respond, std::move_only_function<net::HttpResponse()> from_disk) {
    if (readers.waiting() >= kMostWaiting) {
      auto refused = refusal(503, "too many requests wait for the disk; try again in a second");
      refused.headers.emplace_back("Retry-After", "1");
      return respond(std::move(refused));
    }
    readers.submit([respond = std::move(respond), from_disk = std::move(from_disk)] mutable {
      respond(from_disk());
    });
  }

  const Sources sources;
  Overview overview;
  Workers readers{"page-reader", 1};  // last: it uses the rest
};

Page::Page(Sources sources) : impl_(std::make_unique<Impl>(std::move(sources))) {}

Page::~Page() = default;

void Page::attach(net::HttpServer& server) {
  for (const PageFile& file : kPageFiles) {
    server.handle("GET", file.path, [&file](const net::HttpRequest& request, net::Respond respond) {
      respond(file_response(file.type, file.tag, {file.bytes, file.size}, request));
    });
  }
  using Get = void (Impl::*)(const net::HttpRequest&, net::Respond);
  const auto serve = [&](const char* path, Get get) {
    server.handle("GET", path,
                  [impl = impl_.get(), get](const net::HttpRequest& request, net::Respond respond) {
                    (impl->*get)(request, std::move(respond));
                  });
  };
  serve("/api/overview", &Impl::get_overview);
  serve("/api/events", &Impl::get_events);
  serve("/api/tables/*", &Impl::get_table);
  serve("/api/topics/*", &Impl::get_topic);
}

}  // namespace foz::web
