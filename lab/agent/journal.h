#pragma once
// Where sessions write down what happened: one store for all, thread-safe, bounded; waiters are woken at every change.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "lab/agent/record.h"

namespace trunkline::lab::agent {

class Ledger {
  public:
    explicit Ledger(std::function<void(const LabEvent&)> events);
    double now_ms() const;  ///< since the lab started
    int open(const std::string& auth_scheme, const std::string& request_id);
    std::vector<SessionRecord> sessions() const;
    bool wait(const std::function<bool(const std::vector<SessionRecord>&)>& condition, int timeout_ms) const;
    void update(int number, const std::function<void(SessionRecord&)>& change);
    void event(int number, const std::string& kind, const std::string& text);

  private:
    int64_t started_us_;
    std::function<void(const LabEvent&)> events_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<SessionRecord> sessions_;
};

/// One session's page of the ledger.
class Journal {
  public:
    Journal(Ledger& ledger, int number) : ledger_(ledger), number_(number), opened_(ledger.now_ms()) {}
    int number() const { return number_; }
    double now_ms() const { return ledger_.now_ms() - opened_; }
    void update(const std::function<void(SessionRecord&)>& change) { ledger_.update(number_, change); }
    void event(const std::string& kind, const std::string& text) { ledger_.event(number_, kind, text); }
    /// What a turn of the caller was. `quietly`: for the record alone.
    void heard(const Hearing& hearing, bool quietly = false);
    void violation(const std::string& code, int line, const std::string& what);

  private:
    Ledger& ledger_;
    int number_;
    double opened_;
};

}  // namespace trunkline::lab::agent
