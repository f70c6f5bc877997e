// Audio measured, not listened to: caller → backend and backend → caller, for each cell of the grid against a one-shot
// conversion of the same recording. TRUNKLINE_AUDIO_SECONDS makes the recording longer than CI has time for
// (docs/audio.md has the figures of ten minutes); each cell prints one row of the table.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <future>

#include "lab/speech/library.h"
#include "tests/integration/audio_cell.h"
#include "tests/support/audio_measure.h"

namespace trunkline::test {
namespace {

using lab::Samples;

/// Speech with silences between, never twice the same within two minutes; at least `seconds` long.
Samples recording(double seconds) {
    auto library = lab::SpeechLibrary::open();
    if (!library) throw std::runtime_error(library.error().message);
    Samples all;
    const std::vector<std::string> names = (*library)->names();
    for (size_t i = 37; static_cast<double>(all.size()) < seconds * 8'000; i += 7) {
        auto one = (*library)->recorded(names[i % names.size()]);
        if (!one || (*one)->samples.size() > 8'000U * 12) continue;
        all.insert(all.end(), (*one)->samples.begin(), (*one)->samples.end());
        all.insert(all.end(), 2'400, 0);
    }
    return all;
}

void row(const std::string& cell, const char* way, const AudioWay& w, const AudioReport& r, double limit) {
    const auto decibel = [](double db) {
        char text[32];
        std::snprintf(text, sizeof text, "%.1f", db);
        return std::string(db >= AudioReport::kExact ? "exact" : text);
    };
    std::printf("| %s | %s | %d → %d | %.1f s | %lld / %lld | %.3f | %zu | %.0f | %s | %s |\n", cell.c_str(), way,
                w.sent_rate, w.got_rate, r.seconds, static_cast<long long>(r.missing),
                static_cast<long long>(r.doubled), r.delay_drift, r.clicks, r.silence_peak, decibel(r.snr_db).c_str(),
                decibel(limit).c_str());
}

void judge(const std::string& cell, const char* way, const AudioWay& w) {
    SCOPED_TRACE(cell + ", " + way);
    ASSERT_EQ(w.problem, "");
    const AudioReport r = measure(w.sent, w.sent_rate, w.got, w.got_rate);
    const double limit = w.copied          ? AudioReport::kExact
                         : w.ends_in_mulaw ? mulaw_limit_db(w.sent, w.sent_rate, w.got_rate)
                                           : 60;  // a converter's own
    row(cell, way, w, r, limit);
    EXPECT_TRUE(r.whole()) << r.text();
    EXPECT_GT(r.blocks, 10U);
    EXPECT_LT(r.delay_drift, 0.5) << "the delay is not constant";
    EXPECT_EQ(r.clicks, 0U) << r.text();
    EXPECT_LE(r.silence_peak, 8) << "silence is not silent";
    EXPECT_GE(r.snr_db, limit - 1) << r.text();
}

TEST(Audio, P19EveryCellCarriesItWholeInTimeAndCleanBothWays) {
    const char* given = getenv("TRUNKLINE_AUDIO_SECONDS");
    const Samples said = recording(given ? std::atof(given) : 3);
    const std::vector<AudioCell> cells = audio_cells();
    std::vector<std::future<AudioRun>> runs;  // they take real time: all at once
    runs.reserve(cells.size());
    for (const AudioCell& cell : cells) runs.push_back(std::async(std::launch::async, cell.run, said));
    std::puts(
        "| cell | way | Hz | compared | missing / doubled | drift, samples | clicks | silence peak | SNR, dB | limit, "
        "dB |");
    std::puts("|---|---|---|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < cells.size(); ++i) {
        const AudioRun run = runs[i].get();
        judge(cells[i].name, "caller → backend", run.up);
        judge(cells[i].name, "backend → caller", run.down);
    }
}

}  // namespace
}  // namespace trunkline::test
