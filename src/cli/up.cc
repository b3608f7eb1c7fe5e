// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/up.h"

#include <arrow/memory_pool.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/random.h"
#include "cli/version.h"
#include "kafka/server.h"
#include "log/log.h"
#include "net/http.h"
#include "net/service_notify.h"
#include "pipeline/engine.h"
#include "pipeline/project.h"
#include "sql/flow_engine.h"
#include "sql/lake_writing.h"
#include "sql/query_engine.h"
#include "store/disk.h"
#include "store/object_store.h"
#include "table/live_tables.h"
#include "trino/endpoint.h"
#include "watch/exposition.h"
#include "watch/process_metrics.h"
#include "web/page.h"

namespace foz::cli {
namespace {

constexpr std::chrono::milliseconds kSignalCheck{100};
constexpr std::chrono::seconds kProgressEvery{5};
constexpr std::chrono::seconds kStopLimit{20};
constexpr int kMallocArenas = 4;
constexpr int kKeepFreeMs = 10'000;
constexpr std::chrono::hours kNoWatchdog{1};

// As many open files as the system lets: each connection is one.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

// Signals stay pending until the main thread takes them; every thread started later inherits the
// mask.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  // Whether one has come.
  bool came() {
    const timespec now{};
    if (number_ == 0) number_ = std::max(0, sigtimedwait(&set_, nullptr, &now));
    return number_ != 0;
  }
  // Until one comes; calls `alive` every `interval` meanwhile.
  const char* wait(std::chrono::nanoseconds interval, const std::function<void()>& alive) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(interval);
    const timespec limit{seconds.count(), (interval - seconds).count()};
    while (number_ == 0) {
      number_ = std::max(0, sigtimedwait(&set_, nullptr, &limit));
      if (number_ == 0) alive();
    }
    return number_ == SIGTERM ? "SIGTERM" : "SIGINT";
  }

 private:
  sigset_t set_;
  int number_ = 0;
};

// One process owns a data folder.
class FolderLock {
 public:
  static Result<FolderLock> take(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::string path = folder + "/lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
      return Error(ErrorCode::kDenied, fmt::format("cannot write the data folder {}: {}", folder,
                                                   std::strerror(errno)));
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd);
      return Error(
          ErrorCode::kConflict,
          fmt::format(
              "another foz is using the data folder {}; stop it, or choose another with --data",
              folder));
    }
    return FolderLock(fd);
  }
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

// Everything that runs, in the order in which it is built; destroyed in reverse.
struct Process {
  SystemClock clock;
  Random random{Random::system_seed()};
  Metrics metrics;
  std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  std::unique_ptr<store::ObjectStore> lake;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<table::LiveTables> tables;
  std::unique_ptr<sql::FlowEngine> flows;
  std::unique_ptr<sql::QueryEngine> queries;
  std::vector<pipeline::StreamingTable> pipelines;
  std::unique_ptr<pipeline::Engine> engine;
  std::unique_ptr<trino::Endpoint> endpoint;
  std::unique_ptr<web::Page> page;
  std::unique_ptr<net::HttpServer> http;
  std::unique_ptr<kafka::Server> kafka;
};

Status open_storage(Process& process, const Config& config, int64_t memory) {
  process.lake = TRY(store::open_local_store(*process.disk, TRY(store::local_path(config.lake)))
                         .within("open the lake"));
  log::LogOptions options;
  options.directory = config.data + "/log";
  options.tail_cache_bytes = std::min<int64_t>(64 << 20, memory / 16);
  options.min_free_disk_bytes = config.min_free_disk_bytes;
  process.log =
      TRY(log::Log::open(options, *process.disk, process.clock, process.random, process.metrics)
              .within("open the log"));

  table::LiveTablesOptions tables;
  tables.policy.interval = config.commit_interval;
  tables.policy.slow_interval = std::max(config.commit_interval, config.slow_commit_interval);
  tables.tail_budget_bytes = memory / 4;
  tables.policy.seal_bytes = std::min(tables.policy.seal_bytes, tables.tail_budget_bytes / 8);
  tables.refresh_interval = config.refresh_interval;
  tables.upkeep.enabled = config.upkeep;
  tables.upkeep.target_bytes = std::min(tables.upkeep.target_bytes, memory / 16);
  tables.upkeep.sort_bytes = std::min(tables.upkeep.sort_bytes, memory / 16);
  tables.index_bytes = memory / 4;
  tables.index_folder = config.data;
  process.tables = TRY(table::LiveTables::open(tables, *process.lake, process.clock, process.random,
                                               process.metrics));
  return {};
}

Result<pipeline::Project> load_project(const Config& config, sql::FlowEngine& flows) {
  if (config.project.empty()) return pipeline::Project{};
  pipeline::CheckedProject checked = TRY(pipeline::check_project(config.project, flows));
  if (checked.diagnostics.empty()) return std::move(checked.project);
  std::string text;
  for (const auto& each : checked.diagnostics) text += "\n" + pipeline::to_string(each);
  return invalid("the project has errors:" + text);
}

Status create_topics(log::Log& log, const Config& config) {
  for (const auto& [name, topic] : config.topics) {
    if (log.find_topic(name)) continue;
    TRY(log.create_topic(name, topic.partitions, topic.config)
            .within(fmt::format("foz.yaml, topic {}", name)));
  }
  return {};
}

Status start_engines(Process& process, const Config& config, int64_t memory) {
  process.flows = TRY(sql::FlowEngine::make(memory / 8));
  pipeline::Project project = TRY(load_project(config, *process.flows));
  process.pipelines = project.tables;
  sql::QueryEngineOptions queries;
  queries.memory_bytes = memory / 4;
  queries.process_limit_bytes = memory;
  queries.spill_directory = config.data + "/spill";
  process.queries = TRY(sql::make_query_engine(
      queries, [tables = process.tables.get()] { return tables->root(); }, process.clock,
      process.metrics, sql::LakeWriting{*process.tables, *process.lake, process.random}));
  process.engine =
      TRY(pipeline::Engine::start({}, std::move(project), *process.log, *process.tables,
                                  *process.flows, process.clock, process.metrics));
  return create_topics(*process.log, config);
}

// The gauges that nobody keeps up to date between scrapes.
void sample(Process& process, const Config& config) {
  watch::sample_process(process.metrics);
  const auto set = [&](const char* name, const char* help, double value, Labels labels = {}) {
    process.metrics.gauge(name, help, labels).set(value);
  };
  set("foz_ready", "1 once SQL has reached the log's end found at start.", process.engine->ready());
  set("foz_log_failed", "1 once the log takes no more records until a restart.",
      process.log->failure().has_value());
  const std::pair<const char*, std::string> folders[] = {
      {"data", config.data}, {"lake", store::local_path(config.lake).value_or("")}};
  for (const auto& [folder, path] : folders) {
    if (const auto free = process.disk->free_bytes(path))
      set("foz_disk_free_bytes", "Bytes that may still be written where the folder is.",
          static_cast<double>(*free), {{"folder", folder}});
  }
  process.engine->sample(process.metrics);
  set("foz_log_bytes", "Bytes of all segments and the journal on disk.",
      static_cast<double>(process.log->stats().bytes));
}

Status start_servers(Process& process, const Config& config) {
  net::HttpOptions options;
  options.address = TRY(net::parse_address(config.http).within("--http"));
  process.http = TRY(net::HttpServer::make(options).within("--http"));
  const auto ready = [engine = process.engine.get()] { return engine->ready(); };
  trino::EndpointOptions statements;
  statements.ready = ready;
  process.endpoint = std::make_unique<trino::Endpoint>(statements, *process.queries, process.clock,
                                                       process.random, process.metrics);
  process.endpoint->attach(*process.http);
  watch::attach(*process.http, process.metrics,
                {.ready = ready,
                 .failure = [log = process.log.get()] { return log->failure(); },
                 .sample = [&process, &config] { sample(process, config); }});
  process.page = std::make_unique<web::Page>(web::Sources{.log = process.log.get(),
                                                          .tables = process.tables.get(),
                                                          .engine = process.engine.get(),
                                                          .clock = &process.clock,
                                                          .metrics = &process.metrics,
                                                          .pipelines = process.pipelines,
                                                          .project = config.name,
                                                          .version = kVersion,
                                                          .kafka = config.kafka,
                                                          .lake_url = process.lake->url()});
  process.page->attach(*process.http);
  TRY(process.http->start().within("--http"));

  kafka::ServerOptions kafka;
  kafka.listen = TRY(net::parse_address(config.kafka).within("--kafka"));
  kafka.advertised_host = config.advertised_host;
  kafka.auto_create_topics = config.auto_create_topics;
  kafka.default_partitions = config.default_partitions;
  kafka.cluster_id = "foz-" + config.name;
  process.kafka = TRY(
      kafka::Server::start(kafka, *process.log, process.clock, process.metrics).within("--kafka"));
  return {};
}

// "; stopped: silver.a, silver.b", or nothing.
std::string stopped_flows(const pipeline::Engine& engine) {
  std::string names;
  for (const pipeline::FlowStatus& flow : engine.flows()) {
    if (flow.state == "failed") names += (names.empty() ? "; stopped: " : ", ") + flow.name;
  }
  return names;
}

std::string addresses_json(const Process& process, const Config& config) {
  JsonWriter json;
  json.begin_object();
  json.field("kafka", process.kafka->address().to_string());
  json.field("http", "http://" + process.http->address().to_string());
  json.field("lake", process.lake->url());
  json.field("data", std::filesystem::absolute(config.data).string());
  json.field("pid", static_cast<int64_t>(::getpid()));
  json.end_object();
  return json.take();
}

Status write_whole(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  std::FILE* file = std::fopen(temporary.c_str(), "w");
  const bool written = file && std::fputs(text.c_str(), file) >= 0;
  const bool closed = file && std::fclose(file) == 0;
  if (!written || !closed || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return Error(ErrorCode::kIo, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return {};
}

// Those of an earlier start must not be taken for ours; and better to fail now than when ready.
Status forget_addresses(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  const std::string trial = path + ".trial";
  TRY(write_whole(trial, "").within("--addresses"));
  std::filesystem::remove(trial, error);
  return {};
}

// True when SQL is ready, false when a signal came first. Replaying may take long: it says what it
// waits for.
bool wait_ready(const Process& process, Signals& signals) {
  auto next_word = process.clock.steady() + kProgressEvery;
  while (!signals.came()) {
    const Status ready = process.engine->wait_ready(kSignalCheck);
    if (ready) return true;
    if (process.clock.steady() < next_word) continue;
    log_info("foz", "replaying the log", {{"waiting", ready.error().message()}});
    net::notify_service_manager("STATUS=replaying the log: " + ready.error().message());
    next_word += kProgressEvery;
  }
  return false;
}

Status announce(const Process& process, const Config& config, std::chrono::nanoseconds took,
                const std::string& addresses_file) {
  fmt::print("foz {} ready in {:.2f} s: project {}, kafka {}, sql and page http://{}, lake {}{}\n",
             kVersion, std::chrono::duration<double>(took).count(), config.name,
             process.kafka->address().to_string(), process.http->address().to_string(),
             process.lake->url(), stopped_flows(*process.engine));
  std::fflush(stdout);
  net::notify_service_manager("READY=1\nSTATUS=ready" + stopped_flows(*process.engine));
  if (addresses_file.empty()) return {};
  return write_whole(addresses_file, addresses_json(process, config));
}

}  // namespace

Status run_up(const Config& config, const std::string& addresses_file) {
  TRY(check_config(config));
  // Each arena keeps what its threads once needed; the engines inside bring their own allocators.
  mallopt(M_ARENA_MAX, kMallocArenas);
  // From one commit to the next tails fill memory that was just free: asking the system for it anew
  // costs more than filling it. Not there where Arrow was built without jemalloc.
  (void)arrow::jemalloc_set_decay_ms(kKeepFreeMs);
  raise_file_limit();
  Signals signals;
  Process process;
  const auto started = process.clock.steady();
  const FolderLock lock = TRY(FolderLock::take(config.data));
  if (!addresses_file.empty()) TRY(forget_addresses(addresses_file));
  const int64_t memory = config.memory_bytes > 0 ? config.memory_bytes : available_memory();
  TRY(open_storage(process, config, memory));
  TRY(start_engines(process, config, memory));
  TRY(start_servers(process, config));
  if (wait_ready(process, signals))
    TRY(announce(process, config, process.clock.steady() - started, addresses_file));

  // A log that only a restart mends says nothing more to the watchdog, which then restarts foz.
  const char* signal = signals.wait(net::watchdog_interval().value_or(kNoWatchdog), [&process] {
    if (const auto failure = process.log->failure())
      net::notify_service_manager("STATUS=" + failure->message());
    else
      net::notify_service_manager("WATCHDOG=1");
  });
  log_info("foz", "stopping", {{"signal", signal}});
  net::notify_service_manager("STOPPING=1\nSTATUS=committing what is left");
  process.kafka.reset();
  const Status stopped = process.engine->stop(kStopLimit);
  process.tables->end_waits();
  process.http->stop(std::chrono::seconds(2));
  return stopped;
}

}  // namespace foz::cli
