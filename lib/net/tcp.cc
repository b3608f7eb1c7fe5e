// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "net/tcp.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <deque>
#include <limits>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/logging.h"
#include "base/thread.h"

namespace foz::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr size_t kFirstBuffer = 64 << 10;
constexpr size_t kKeptBuffer = 1 << 20;  // a larger one is given back once it is empty
constexpr size_t kGatheredWrites = 64;
// Of all connections of a listener: beyond, those are closed that have read nothing for longest.
constexpr size_t kMostBacklog = 256 << 20;
// How long a closed connection goes on discarding what arrives: closing at once would reset it, and
// the peer could lose the last answer.
constexpr std::chrono::milliseconds kLinger{1000};

class Connection;

// The event loop. Connections share it, so that an outbox that outlives its listener still finds
// it.
struct Loop {
  asio::io_context io{1};
  ListenerOptions options;
  MakeSession make_session;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> open;  // loop thread
  size_t unread_bytes = 0;                                            // loop thread
  std::atomic<size_t> connections{0};
  std::atomic<size_t> backlog_bytes{0};  // that peers have not read
};

// Bytes received and not taken yet. Uninitialised memory, grown by doubling and so never beyond
// what a peer has sent.
class ReadBuffer {
 public:
  Bytes unread() const { return {data_.get() + begin_, end_ - begin_}; }
  size_t capacity() const { return capacity_; }
  void consume(size_t count) { begin_ += count; }
  // Begins at the front again when everything was taken. Like room() not while a read is under
  // way: its bytes come to where room() said.
  void rewind() {
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    if (capacity_ > kKeptBuffer) {
      data_.reset();
      capacity_ = 0;
    }
  }
  // What capacity a call of room() will need.
  size_t wanted() const {
    if (capacity_ == 0) return kFirstBuffer;
    return end_ - begin_ == capacity_ ? capacity_ * 2 : capacity_;
  }
  std::span<std::byte> room() {
    if (const size_t wanted_capacity = wanted(); wanted_capacity != capacity_) {
      auto grown = std::make_unique_for_overwrite<std::byte[]>(wanted_capacity);
      if (end_ > begin_) std::memcpy(grown.get(), data_.get() + begin_, end_ - begin_);
      data_ = std::move(grown);
      capacity_ = wanted_capacity;
      end_ -= begin_;
      begin_ = 0;
    } else if (begin_ > 0 && capacity_ - end_ < capacity_ / 4) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  void add(size_t count) { end_ += count; }

 private:
  std::unique_ptr<std::byte[]> data_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

class Connection final : public Outbox, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Loop> loop, tcp::socket socket, Address local, std::string peer)
      : loop_(std::move(loop)),
        socket_(std::move(socket)),
        timer_(loop_->io),
        local_(std::move(local)),
        peer_(std::move(peer)) {}

  void start() {
    last_progress_ = last_write_ = std::chrono::steady_clock::now();
    session_ = loop_->make_session(shared_from_this(), peer_);
    read();
  }

  // --- Outbox, any thread
  void send(std::string bytes) override {
    auto owner = std::make_shared<const std::string>(std::move(bytes));
    const Bytes view = as_bytes(*owner);
    send(std::move(owner), view);
  }
  void send(std::shared_ptr<const void> owner, Bytes bytes) override {
    if (bytes.empty()) return;
    std::lock_guard lock(mutex_);
    if (closed_ || closing_) return;
    queue_.push_back({std::move(owner), bytes});
    backlog_ += bytes.size();
    loop_->backlog_bytes += bytes.size();
    post_flush();
  }
  void close(std::string reason) override {
    std::lock_guard lock(mutex_);
    if (closed_ || closing_) return;
    closing_ = true;
    reason_ = std::move(reason);
    post_flush();
  }
  void wake() override {
    std::lock_guard lock(mutex_);
    if (closed_ || wake_posted_) return;
    wake_posted_ = true;
    asio::post(loop_->io, [self = shared_from_this()] { self->woken(); });
  }
  Address local_address() const override { return local_; }
  size_t backlog() const override {
    std::lock_guard lock(mutex_);
    return backlog_;
  }
  void wake_at(SteadyTime when) override {
    timer_.expires_at(when);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->woken();
    });
  }

  // --- loop thread
  void check_idle(SteadyTime now) {
    const std::chrono::milliseconds idle(loop_->options.idle_ms);
    if (lingering_) {
      if (now >= linger_until_) finish("");
    } else if (backlog() > 0 && now - last_write_ > idle) {
      finish("the peer does not read");
    } else if (session_ && !session_->paused() && backlog() == 0 && now - last_progress_ > idle) {
      finish("idle");
    }
  }
  // What the kernel takes at once is sent, the rest is dropped.
  void finish(std::string_view reason) {
    auto self = shared_from_this();
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      closed_ = true;
    }
    if (!reason.empty())
      log_info("net", "connection closed", {{"peer", peer_}, {"reason", std::string(reason)}});
    error_code ignored;
    if (!write_pending_) write_once(ignored);
    timer_.cancel(ignored);
    socket_.close(ignored);
    session_.reset();
    loop_->unread_bytes -= input_.capacity();
    input_ = {};
    std::lock_guard lock(mutex_);
    queue_.clear();
    loop_->backlog_bytes -= std::exchange(backlog_, 0);
    loop_->open.erase(this);
    loop_->connections = loop_->open.size();
  }

 private:
  struct Piece {
    std::shared_ptr<const void> owner;
    Bytes bytes;
  };

  void post_flush() {  // under mutex_
    if (flush_posted_) return;
    flush_posted_ = true;
    asio::post(loop_->io, [self = shared_from_this()] { self->flush(); });
  }

  bool is_closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }

  void read() {
    if (is_closed() || read_pending_ || eof_) return;
    if (!lingering_ && (closing() || session_->paused())) return;
    const size_t before = input_.capacity();
    input_.rewind();
    loop_->unread_bytes -= before - input_.capacity();
    const size_t wanted = input_.wanted();
    const size_t growth = wanted - input_.capacity();
    if (growth > 0) {
      if (input_.unread().size() >= loop_->options.max_unread_bytes)
        return finish("message too large");
      if (loop_->unread_bytes + growth > loop_->options.max_total_unread_bytes) {
        return finish("the listener's memory for messages is full");
      }
    }
    const std::span<std::byte> room = input_.room();
    loop_->unread_bytes += growth;
    read_pending_ = true;
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this()](error_code error, size_t count) {
                              self->read_pending_ = false;
                              self->received(error, count);
                            });
  }

  void received(error_code error, size_t count) {
    if (is_closed()) return;
    if (error == asio::error::eof) {
      eof_ = true;
      if (lingering_) return finish("");
      finish_after_eof();
      return;
    }
    if (error) return finish(lingering_ ? std::string() : error.message());
    if (lingering_) return read();  // the same room again: what arrives is dropped
    input_.add(count);
    offer();
    read();
  }

  // Gives the session what is unread.
  void offer() {
    while (!is_closed() && session_ && !closing() && !session_->paused()) {
      const Bytes unread = input_.unread();
      if (unread.empty()) return;
      const Result<size_t> taken = session_->on_bytes(unread);
      if (!taken.has_value()) return close(taken.error().message());
      if (*taken == 0) return;
      if (!session_->midway()) last_progress_ = std::chrono::steady_clock::now();
      input_.consume(std::min(*taken, unread.size()));
    }
  }

  void woken() {
    {
      std::lock_guard lock(mutex_);
      wake_posted_ = false;
      if (closed_ || closing_) return;
    }
    session_->on_wake();
    offer();
    if (eof_) {
      finish_after_eof();
    } else {
      read();
    }
  }

  // A peer may end its direction and still wait for answers.
  void finish_after_eof() {
    if (!is_closed() && backlog() == 0 && !session_->owes()) finish("");
  }

  bool closing() const {
    std::lock_guard lock(mutex_);
    return closing_;
  }

  size_t write_once(error_code& error) {
    std::vector<asio::const_buffer> pieces;
    {
      std::lock_guard lock(mutex_);
      for (const Piece& piece : queue_) {
        if (pieces.size() == kGatheredWrites) break;
        pieces.emplace_back(piece.bytes.data(), piece.bytes.size());
      }
    }
    if (pieces.empty()) return 0;
    return socket_.write_some(pieces, error);
  }

  // True when everything was sent.
  bool sent(size_t count) {
    if (count > 0) last_write_ = std::chrono::steady_clock::now();
    std::vector<std::shared_ptr<const void>> done;  // released outside the lock
    std::lock_guard lock(mutex_);
    backlog_ -= count;
    loop_->backlog_bytes -= count;
    while (count > 0) {
      Piece& front = queue_.front();
      if (count < front.bytes.size()) {
        front.bytes = front.bytes.subspan(count);
        break;
      }
      count -= front.bytes.size();
      done.push_back(std::move(front.owner));
      queue_.pop_front();
    }
    return queue_.empty();
  }

  void flush() {
    {
      std::lock_guard lock(mutex_);
      flush_posted_ = false;
      if (closed_) return;
    }
    if (write_pending_) return check_backlog();
    while (true) {
      error_code error;
      const size_t count = write_once(error);
      if (error && error != asio::error::would_block) return finish(error.message());
      if (sent(count)) return drained();
      if (error || count == 0) break;
    }
    check_backlog();
    if (is_closed()) return;
    write_pending_ = true;
    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
      self->write_pending_ = false;
      if (error) return self->finish(error.message());
      self->flush();
    });
  }

  void check_backlog() {
    if (backlog() > loop_->options.max_backlog_bytes) finish("the peer does not read");
    while (loop_->backlog_bytes > kMostBacklog) {
      Connection* slowest = nullptr;
      for (const auto& [key, each] : loop_->open) {
        if (each->backlog() > 0 && (!slowest || each->last_write_ < slowest->last_write_))
          slowest = each.get();
      }
      if (!slowest) return;
      slowest->finish("peers do not read: the listener's memory for answers is full");
    }
  }

  void drained() {
    if (lingering_) return;
    if (!closing()) {
      if (eof_) return finish_after_eof();
      if (session_->paused()) return;
      offer();  // a session may have paused for the backlog
      read();
      return;
    }
    // An answer and its end came between the last write and here: a flush is on its way.
    if (backlog() > 0) return;
    if (eof_ || !socket_.is_open()) return finish(reason_);
    if (!reason_.empty())
      log_info("net", "connection closed", {{"peer", peer_}, {"reason", reason_}});
    lingering_ = true;
    linger_until_ = std::chrono::steady_clock::now() + kLinger;
    session_.reset();
    error_code ignored;
    timer_.cancel(ignored);
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    read();
  }

  const std::shared_ptr<Loop> loop_;  // first, so that the sockets below die before their loop
  tcp::socket socket_;
  asio::steady_timer timer_;
  const Address local_;
  const std::string peer_;
  std::unique_ptr<Session> session_;
  ReadBuffer input_;
  bool read_pending_ = false;
  bool write_pending_ = false;
  bool eof_ = false;
  bool lingering_ = false;
  SteadyTime last_progress_;
  SteadyTime last_write_;
  SteadyTime linger_until_;

  mutable std::mutex mutex_;
  std::deque<Piece> queue_;
  size_t backlog_ = 0;
  std::string reason_;
  bool flush_posted_ = false;
  bool wake_posted_ = false;
  bool closing_ = false;
  bool closed_ = false;
};

// Of the files that the process may open: the last ones are not for strangers.
size_t files_for_connections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return std::numeric_limits<size_t>::max();
  return static_cast<size_t>(files.rlim_cur) / 3;
}

Address address_of(const tcp::endpoint& endpoint) {
  return {endpoint.address().to_string(), endpoint.port()};
}

class TcpListener final : public Listener {
 public:
  TcpListener(std::shared_ptr<Loop> loop, tcp::acceptor acceptor)
      : loop_(std::move(loop)),
        acceptor_(std::move(acceptor)),
        retry_(loop_->io),
        sweep_(loop_->io) {
    address_ = address_of(acceptor_.local_endpoint());
    accept();
    sweep();
    thread_ = std::jthread([this] {
      name_thread("net");
      run_promptly();
      loop_->io.run();
    });
  }
  ~TcpListener() override {
    asio::post(loop_->io, [this] {
      stopping_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      retry_.cancel(ignored);
      sweep_.cancel(ignored);
      const auto open = loop_->open;
      for (const auto& [key, connection] : open) connection->finish("");
    });
    thread_.join();  // run() returns when no operation is left
  }
  Address address() const override { return address_; }
  size_t connections() const override { return loop_->connections; }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (stopping_) return;
      if (!error) {
        admit(std::move(socket));
        return accept();
      }
      // Out of descriptors, most likely: those that close will give some back.
      log_warn("net", "cannot accept a connection", {{"reason", error.message()}});
      retry_.expires_after(std::chrono::milliseconds(100));
      retry_.async_wait([this](error_code cancelled) {
        if (!cancelled && !stopping_) accept();
      });
    });
  }

  void admit(tcp::socket socket) {
    error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return;
    const tcp::endpoint local = socket.local_endpoint(error);
    if (error) return;
    std::string peer = address_of(remote).to_string();
    if (loop_->open.size() >= loop_->options.max_connections) {
      log_warn("net", "too many connections; one was refused", {{"peer", peer}});
      return;
    }
    socket.non_blocking(true, error);
    if (!error) socket.set_option(tcp::no_delay(true), error);
    if (error) return;
    auto connection =
        std::make_shared<Connection>(loop_, std::move(socket), address_of(local), std::move(peer));
    loop_->open.emplace(connection.get(), connection);
    loop_->connections = loop_->open.size();
    connection->start();
  }

  void sweep() {
    const int64_t pace_ms = std::clamp<int64_t>(loop_->options.idle_ms / 4, 1, 500);
    sweep_.expires_after(std::chrono::milliseconds(pace_ms));
    sweep_.async_wait([this](error_code error) {
      if (error || stopping_) return;
      const auto now = std::chrono::steady_clock::now();
      std::vector<std::shared_ptr<Connection>> open;
      open.reserve(loop_->open.size());
      for (const auto& [key, connection] : loop_->open) open.push_back(connection);
      for (const auto& connection : open) connection->check_idle(now);
      sweep();
    });
  }

  const std::shared_ptr<Loop> loop_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  asio::steady_timer sweep_;
  Address address_;
  bool stopping_ = false;  // loop thread
  std::jthread thread_;
};

}  // namespace

std::string Address::to_string() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
  const auto wrong = [&] {
    return invalid(fmt::format(
        "\"{}\" is no address: expected HOST:PORT, for example 127.0.0.1:9092 or [::1]:9092",
        text));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.empty()) return wrong();
  } else if (host.find_first_of(":[] \t/") != std::string_view::npos) {
    return wrong();
  }
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return wrong();
  return Address{std::string(host), port};
}

Result<std::unique_ptr<Listener>> Listener::start(ListenerOptions options,
                                                  MakeSession make_session) {
  const std::string wanted = options.address.to_string();
  const std::string host = options.address.host.empty() ? "127.0.0.1" : options.address.host;
  const uint16_t port = options.address.port;
  try {
    auto loop = std::make_shared<Loop>();
    loop->options = std::move(options);
    loop->options.max_connections =
        std::min(loop->options.max_connections, files_for_connections());
    loop->make_session = std::move(make_session);
    error_code error;
    const auto found =
        tcp::resolver(loop->io).resolve(host, std::to_string(port), tcp::resolver::passive, error);
    if (error) return Error(ErrorCode::kInvalid, "listen on " + wanted + ": " + error.message());
    const tcp::endpoint endpoint = found.begin()->endpoint();
    tcp::acceptor acceptor(loop->io);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error)
      return Error(ErrorCode::kUnavailable, "listen on " + wanted + ": " + error.message());
    return std::unique_ptr<Listener>(
        std::make_unique<TcpListener>(std::move(loop), std::move(acceptor)));
  } catch (
      const std::exception& thrown) {  // Asio throws where the system has no epoll descriptor left
    return Error(ErrorCode::kIo, "listen on " + wanted + ": " + thrown.what());
  }
}

}  // namespace foz::net
