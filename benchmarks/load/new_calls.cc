// See new_calls.h.
#include "benchmarks/load/new_calls.h"

#include <algorithm>
#include <cmath>

namespace trunkline::load {
namespace {

constexpr double kSecond = 1e9;
constexpr double kGolden = 0.6180339887498949;  // its multiples fill [0, 1) evenly, whatever their number

}  // namespace

int64_t new_call_moment_ns(uint32_t index, double per_second) {
    double whole = 0;
    const double place = std::modf(kGolden * index, &whole);
    return static_cast<int64_t>((index + place) * kSecond / per_second);
}

uint32_t NewCalls::count(const LoadPlan& plan) {
    const auto span = static_cast<double>(plan.new_call_life_ns + plan.window_ns) / kSecond;
    return static_cast<uint32_t>(std::floor(plan.new_calls_per_second * span));
}

void NewCalls::begin_at(int64_t first_slot_ns) {
    first_slot_ns_ = first_slot_ns;
    schedule_next();
}

void NewCalls::schedule_next() {
    const auto index = static_cast<uint32_t>(callers_.size());
    if (rig_.steady + index >= rig_.records.size()) return;
    rig_.reactor.at(first_slot_ns_ + new_call_moment_ns(index, rig_.plan.new_calls_per_second), this, 0);
}

void NewCalls::on_due(int, int64_t due) {
    const uint32_t number = rig_.steady + static_cast<uint32_t>(callers_.size());
    if (rig_.meters.window.holds(due)) rig_.records[number].start = &rig_.meters.fresh;
    callers_.push_back(std::make_unique<Caller>(rig_, number));
    callers_.back()->start_at(due);
    schedule_next();
}

uint32_t NewCalls::live() const {
    return static_cast<uint32_t>(
        std::count_if(callers_.begin(), callers_.end(), [](const auto& caller) { return !caller->is_over(); }));
}

bool NewCalls::all_over() const { return rig_.steady + callers_.size() == rig_.records.size() && live() == 0; }

}  // namespace trunkline::load
