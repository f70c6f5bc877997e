// Utterances become messages.
#include "lab/carrier/caller_voice.h"

#include <algorithm>

namespace trunkline::lab {
namespace {

std::vector<uint8_t> wire_audio(const Utterance& utterance, const WireFormat& wire) {
    if (!wire.linear) return utterance.ulaw;
    const bool same = wire.rate == kTelephoneRate;
    const std::string bytes =
        pcm_bytes(same ? utterance.samples : resample(utterance.samples, kTelephoneRate, wire.rate));
    return {bytes.begin(), bytes.end()};
}

}  // namespace

bool CallerVoice::say(const Utterance& utterance) {
    std::vector<uint8_t> audio = wire_audio(utterance, wire_);
    if (audio.empty()) return false;
    auto& said = book_.result().said;
    said.push_back({utterance.name, -1, -1, -1, -1});
    speeches_.push_back({said.size() - 1, std::move(audio), 0});
    return true;
}

void CallerVoice::be_quiet() {
    const int64_t now = position(spoken_);
    for (const Speech& speech : speeches_) {
        SaidSpan& said = book_.result().said[speech.said];
        if (said.first < 0) said.first = now;
        said.last = now;
        said.done_ms = book_.call_ms();
    }
    speeches_.clear();
}

std::vector<uint8_t> CallerVoice::next(size_t samples) {
    std::vector<uint8_t> audio(samples * wire_.sample_bytes(), wire_.silence());
    if (!speeches_.empty()) speak(audio);
    if (keep_audio_) record(audio);
    spoken_ += static_cast<int64_t>(samples);
    ++messages_;
    return audio;
}

void CallerVoice::speak(std::vector<uint8_t>& audio) {
    Speech& speech = speeches_.front();
    SaidSpan& said = book_.result().said[speech.said];
    if (speech.at == 0) {
        said.first = position(spoken_);
        said.begun_ms = book_.call_ms();
        book_.note("say", said.name);
    }
    const size_t taken = std::min(audio.size(), speech.audio.size() - speech.at);
    std::copy_n(speech.audio.begin() + static_cast<long>(speech.at), taken, audio.begin());
    speech.at += taken;
    if (speech.at < speech.audio.size()) return;
    said.last = position(spoken_ + static_cast<int64_t>(taken / wire_.sample_bytes()));
    said.done_ms = book_.call_ms();
    book_.note("said", said.name);
    speeches_.pop_front();
}

void CallerVoice::record(const std::vector<uint8_t>& audio) {
    auto& r = book_.result();
    if (!wire_.linear) return void(r.spoken.insert(r.spoken.end(), audio.begin(), audio.end()));
    const Samples pcm = pcm_samples({reinterpret_cast<const char*>(audio.data()), audio.size()});
    r.spoken_pcm.insert(r.spoken_pcm.end(), pcm.begin(), pcm.end());
    for (size_t i = 0; i < pcm.size(); i += static_cast<size_t>(wire_.step())) r.spoken.push_back(ulaw_encode(pcm[i]));
}

}  // namespace trunkline::lab
