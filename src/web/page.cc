// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "web/page.h"

#include "web/overview.h"
#include "web/page_html.h"

namespace foz::web {

void attach(net::HttpServer& server, Sources sources) {
  server.handle("GET", "/", [](const net::HttpRequest&, net::Respond respond) {
    net::HttpResponse response;
    response.headers = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Cache-Control", "no-cache"},
        {"Content-Security-Policy", "default-src 'self' 'unsafe-inline'; img-src 'self' data:"}};
    response.body = kPageHtml;
    respond(std::move(response));
  });
  server.handle("GET", "/api/overview", [sources](const net::HttpRequest&, net::Respond respond) {
    respond(net::json_response(overview_json(sources)));
  });
}

}  // namespace foz::web
