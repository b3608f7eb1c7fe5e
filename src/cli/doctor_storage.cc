// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Where data is put: folders, file systems, free space, the time of a sync, the lock.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/doctor_internal.h"
#include "store/disk.h"
#include "store/object_store.h"

namespace foz::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kMeasured{500};
constexpr size_t kMostSyncs = 100;
constexpr int64_t kFrameBytes = 4096;

// The folder, or the nearest above it that exists.
fs::path existing(const fs::path& folder) {
  std::error_code error;
  fs::path at = fs::absolute(folder, error).lexically_normal();
  while (!fs::is_directory(at, error) && at.has_relative_path()) at = at.parent_path();
  return at;
}

// The type of the file system that `folder` is on, from proc(5): "36 35 98:0 / /mnt opts - ext4 …".
std::string file_system(const fs::path& folder) {
  std::error_code error;
  const std::string path = fs::canonical(folder, error).string();
  std::ifstream mounts("/proc/self/mountinfo");
  std::string line, type = "unknown", longest;
  while (std::getline(mounts, line)) {
    std::istringstream fields(line);
    std::string skipped, point, word;
    for (int i = 0; i < 4; ++i) fields >> skipped;
    fields >> point;
    while (fields >> word && word != "-") {
    }
    fields >> word;
    const bool holds = point == "/" || path == point || path.starts_with(point + "/");
    if (!holds || point.size() < longest.size()) continue;
    longest = point;
    type = word;
  }
  return type;
}

// Why it is no place for data that is to last.
std::string_view doubt(std::string_view type) {
  if (type == "tmpfs" || type == "ramfs") return "is memory: what is there is gone after a restart";
  if (type == "overlay") return "is a container's own layer and goes with it: mount a volume";
  for (const std::string_view remote : {"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"}) {
    if (type == remote) return "is remote: a sync is slow there, and locks may not hold";
  }
  return "";
}

// Puts and links a file as a commit does.
Status try_to_write(const fs::path& folder) {
  const auto disk = store::make_posix_disk();
  const std::string trial = (folder / fmt::format(".foz-doctor-{}", getpid())).string();
  const std::string second = trial + "-link";
  Status done = [&]() -> Status {
    const auto file = TRY(disk->open(trial, store::OpenMode::kCreate));
    TRY(file->write_at(0, as_bytes("foz")));
    TRY(disk->link(trial, second));
    return {};
  }();
  std::error_code error;
  fs::remove(trial, error);
  fs::remove(second, error);
  return done;
}

void check_folder(const std::string& name, const fs::path& folder, int64_t least_free,
                  Findings& findings) {
  const fs::path there = existing(folder);
  const std::string type = file_system(there);
  std::error_code error;
  const std::string_view state = fs::is_directory(folder, error) ? "" : " (not made yet)";
  const Status writable = try_to_write(there);
  Finding finding{name, Grade::kOk, fmt::format("{}{} on {}", folder.string(), state, type), ""};
  const Result<int64_t> free = store::make_posix_disk()->free_bytes(there.string());
  if (free) finding.found += fmt::format(", {:.1f} GB free", static_cast<double>(*free) / 1e9);
  if (!writable) {
    finding.grade = Grade::kProblem;
    finding.advice = writable.error().message();
  } else if (free && *free < least_free) {
    finding.grade = Grade::kProblem;
    finding.advice =
        fmt::format("free some space: below {:.1f} GB (limits.free_disk) producers are refused",
                    static_cast<double>(least_free) / 1e9);
  } else if (!doubt(type).empty()) {
    finding.grade = Grade::kWarning;
    finding.advice = fmt::format("{} {}", type, doubt(type));
  } else if (free && *free / 2 < least_free) {
    finding.grade = Grade::kWarning;
    finding.advice = fmt::format("less than twice limits.free_disk ({:.1f} GB) is left",
                                 static_cast<double>(least_free) / 1e9);
  }
  findings.push_back(std::move(finding));
}

// Seconds of each of the syncs of a frame appended to a file.
Result<std::vector<double>> time_syncs(const fs::path& folder) {
  const auto disk = store::make_posix_disk();
  const std::string path = (folder / fmt::format(".foz-doctor-{}", getpid())).string();
  Result<std::vector<double>> timed = [&]() -> Result<std::vector<double>> {
    const auto file = TRY(disk->open(path, store::OpenMode::kCreate));
    TRY(file->allocate(static_cast<int64_t>(kMostSyncs) * kFrameBytes));
    const std::string frame(static_cast<size_t>(kFrameBytes), 'f');
    std::vector<double> seconds;
    const auto end = std::chrono::steady_clock::now() + kMeasured;
    for (int64_t at = 0; seconds.size() < kMostSyncs; at += kFrameBytes) {
      const auto began = std::chrono::steady_clock::now();
      if (began >= end && !seconds.empty()) break;
      TRY(file->write_at(at, as_bytes(frame)));
      TRY(file->sync());
      seconds.push_back(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
    return seconds;
  }();
  std::error_code error;
  fs::remove(path, error);
  return timed;
}

// Who holds a lock of flock(2) on the file, from proc(5):
// "1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF".
std::optional<pid_t> lock_holder(const struct stat& file) {
  std::ifstream locks("/proc/locks");
  const std::string wanted =
      fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev), file.st_ino);
  std::string line;
  while (std::getline(locks, line)) {
    std::istringstream fields(line);
    std::array<std::string, 6> words;
    for (std::string& word : words) fields >> word;
    if (words[1] == "FLOCK" && words[5] == wanted) return std::atoi(words[4].c_str());
  }
  return std::nullopt;
}

}  // namespace

void check_folders(const Config& config, Findings& findings) {
  check_folder("data", config.data, config.min_free_disk_bytes, findings);
  const Result<std::string> lake = store::local_path(config.lake);
  if (lake) check_folder("lake", *lake, config.min_free_disk_bytes, findings);
}

void check_sync_latency(const Config& config, Findings& findings) {
  Result<std::vector<double>> timed = time_syncs(existing(config.data));
  if (!timed) {
    findings.push_back(
        {"sync", Grade::kProblem, timed.error().message(), "see what the check of data says"});
    return;
  }
  std::ranges::sort(*timed);
  const double median = timed->at(timed->size() / 2) * 1e3, worst = timed->back() * 1e3;
  Finding finding{"sync", Grade::kOk,
                  fmt::format("{} syncs of 4 KiB: median {:.2f} ms, worst {:.1f} ms", timed->size(),
                              median, worst),
                  ""};
  if (median > 20 || worst > 500) {
    finding.grade = Grade::kWarning;
    finding.advice = "put data on a disk that syncs faster: every acknowledgement waits for a sync";
  } else if (median < 0.01) {
    finding.grade = Grade::kWarning;
    finding.advice = "too fast to be true: this disk does not keep what it says that it has synced";
  }
  findings.push_back(std::move(finding));
}

void check_lock(const Config& config, Running& running, Findings& findings) {
  const std::string path = config.data + "/lock";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    findings.push_back({"lock", Grade::kOk, "nobody has used the data folder yet", ""});
    return;
  }
  if (::flock(fd, LOCK_SH | LOCK_NB) == 0) {
    findings.push_back({"lock", Grade::kOk, "free", ""});
  } else {
    struct stat file{};
    fstat(fd, &file);
    running.pid = lock_holder(file);
    std::string name = "a process of another machine or container";
    if (running.pid) {
      std::getline(std::ifstream(fmt::format("/proc/{}/comm", *running.pid)), name);
      name = fmt::format("process {} ({})", *running.pid, name);
    }
    findings.push_back({"lock", Grade::kOk, "held by " + name, ""});
  }
  ::close(fd);
}

}  // namespace foz::cli
