// trunkline-lab: plays the other ends of a call, the carrier and the voice AI, so that an engine can be tried, tested
// and loaded without an account, a key or a telephone.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "engine/core/log.h"
#include "lab/carrier/url.h"
#include "lab/cli.h"
#include "lab/deepgram/lab.h"
#include "lab/hume/lab.h"

namespace {

using namespace trunkline;
using namespace trunkline::lab;

constexpr char kExamples[] = R"(Examples:
  trunkline-lab deepgram --listen 127.0.0.1:8765 --brain lab/scenarios/demo.brain.yaml
  trunkline-lab hume --listen 127.0.0.1:8766 --brain lab/scenarios/demo.brain.yaml
  trunkline-lab twilio --webhook http://127.0.0.1:8080/twilio/voice --auth-token secret \
                       --scenario lab/scenarios/demo.yaml --wav call.wav
  trunkline-lab twilio --webhook http://127.0.0.1:8080/twilio/voice --auth-token secret \
                       --scenario lab/scenarios/two-turns.yaml --calls 50 --format json
  trunkline-lab vonage --answer-url http://127.0.0.1:8080/vonage/answer --event-url http://127.0.0.1:8080/vonage/event \
                       --signature-secret 0123456789abcdef0123456789abcdef --scenario lab/scenarios/demo.yaml
  trunkline-lab voices --match password
)";

constexpr char kHumeExamples[] = R"(Examples:
  trunkline-lab hume --listen 127.0.0.1:8766 --brain lab/scenarios/demo.brain.yaml
  trunkline-lab hume --latency-scale 0 --pace 0 --format json
  trunkline-lab hume --fault out_of_order=true --fault list_chunk=true --fault late_audio_ms=400
  trunkline-lab hume --caller-gain 2.8 --gain-tolerance 4 --messages /tmp
  trunkline-lab hume --fault refuse_status=503 --fault refuse_first=2
  trunkline-lab hume --inactivity 30 --inactivity-line "Are you still there?" --max-duration 600
A fault may also stand in the address that the client dials, and --fault help lists them:
  ws://127.0.0.1:8766/v0/evi/chat?api_key=any&drop_mid_speech=true
)";

constexpr char kVonageExamples[] = R"(Examples:
  A conversation, with a recording, against a server on this machine that has another name in public:
    trunkline-lab vonage --answer-url http://127.0.0.1:8080/vonage/answer --event-url http://127.0.0.1:8080/vonage/event \
                         --signature-secret 0123456789abcdef0123456789abcdef --public-url https://voice.example.com \
                         --scenario lab/scenarios/demo.yaml --wav call.wav
  An old application: 1,024 messages of queue, read slowly, no clear and no notify:
    trunkline-lab vonage --answer-url http://127.0.0.1:8080/vonage/answer --scenario lab/scenarios/two-turns.yaml \
                         --fault queue_messages=1024 --fault read_gap_ms=10 --fault ignore_text=1
  REST for the server's own calls and hang-ups, beside fifty incoming ones:
    trunkline-lab vonage --answer-url http://127.0.0.1:8080/vonage/answer --rest 127.0.0.1:8089 --public-key app.pub \
                         --scenario lab/scenarios/two-turns.yaml --calls 50 --format json
  A conversation on the call that the server makes over REST (it ends with the scenario's verdict):
    trunkline-lab vonage --rest 127.0.0.1:8089 --public-key app.pub --dial 127.0.0.1:8080 --scenario lab/scenarios/demo.yaml
  REST alone, every call answered by a machine, until Ctrl-C:
    trunkline-lab vonage --rest 127.0.0.1:8089 --fault callee=machine
)";

bool* add_format(CLI::App* app, bool& json) {
    app->add_option_function<std::string>(
           "--format", [&json](const std::string& text) { json = text == "json"; }, "Output for people or for programs")
        ->check(CLI::IsMember({"text", "json"}))
        ->default_str("text");
    return &json;
}

void add_speech(CLI::App* app, SpeechOptions& speech) {
    app->add_option("--sounds", speech.sounds_dir, "Folder of the recorded prompts")->capture_default_str();
    app->add_option("--speech-cache", speech.cache_dir, "Folder where generated lines are kept");
}

void add_calls(CLI::App& app, CallsCommand& command) {
    app.add_option("--scenario", command.scenario, "Conversation to play; without one the line stays open")
        ->check(CLI::ExistingFile);
    app.add_flag("--check", command.check_only, "Only check the scenario file");
    app.add_option("--wav", command.wav, "Write a stereo recording: left said, right heard");
    app.add_option("--calls", command.calls, "How many calls")->check(CLI::Range(1, 5000))->capture_default_str();
    app.add_option("--rate", command.rate, "Calls begun per second")
        ->check(CLI::Range(0.01, 1000.0))
        ->capture_default_str();
    app.add_option("--threads", command.threads, "Threads for the calls")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option("--fault", command.faults, "NAME=VALUE, may be repeated; --fault help=1 lists them");
    add_format(&app, command.json);
    add_speech(&app, command.speech);
}

void add_vonage(CLI::App& app, VonageCommand& command) {
    auto& call = command.call;
    app.add_option("--answer-url", call.answer_url, "URL of the answer webhook");
    app.add_option("--answer-method", call.answer_method, "GET or POST")
        ->check(CLI::IsMember({"POST", "GET"}))
        ->capture_default_str();
    app.add_option("--fallback-answer-url", call.fallback_answer_url, "URL asked when the answer URL fails");
    app.add_option("--event-url", call.event_url, "URL for the events of the call");
    app.add_option("--event-method", call.event_method, "POST or GET")
        ->check(CLI::IsMember({"POST", "GET"}))
        ->capture_default_str();
    app.add_option("--signature-secret", call.signature_secret, "Secret that signs webhooks; empty: nothing is signed")
        ->envname("VONAGE_SIGNATURE_SECRET");
    app.add_option("--api-key", call.api_key, "api_key of the tokens")->envname("VONAGE_API_KEY");
    app.add_option("--application-id", call.application_id, "application_id of the tokens, and the only one REST takes")
        ->envname("VONAGE_APPLICATION_ID");
    app.add_option("--public-url", call.public_url,
                   "Address the server believes to have; requests to it go to the answer URL's host");
    app.add_option("--dial", call.dial,
                   "HOST:PORT to which media sockets are dialed in plain ws, whatever the uri says; "
                   "default: the answer URL's, if that is http on loopback");
    app.add_flag("!--insecure", call.tls_check, "Do not check TLS certificates");
    app.add_option("--rest", command.rest,
                   "HOST:PORT to serve /v1/calls on; without --answer-url the calls made there are played");
    app.add_option("--public-key", command.public_key,
                   "PEM file of the application's public key; without it REST checks claims only")
        ->check(CLI::ExistingFile);
    app.add_option("--from", call.from, "Caller's number")->capture_default_str();
    app.add_option("--to", call.to, "Called number")->capture_default_str();
    app.add_option("--jitter", call.media.jitter_ms, "Audio messages up to so many ms late")
        ->check(CLI::Range(0, 1000));
    app.add_option("--seed", call.media.seed, "Seed of the jitter")->capture_default_str();
    add_calls(app, command);
}

void add_twilio(CLI::App& app, TwilioCommand& command) {
    auto& call = command.call;
    app.add_option("--webhook", call.webhook_url, "URL of the voice webhook");
    app.add_option("--method", call.webhook_method, "POST or GET")->check(CLI::IsMember({"POST", "GET"}));
    app.add_option("--fallback", call.fallback_url, "URL asked when the webhook fails");
    app.add_option("--auth-token", call.auth_token, "Token that signs requests; empty: nothing is signed")
        ->envname("TWILIO_AUTH_TOKEN");
    app.add_option("--account-sid", call.account_sid, "AccountSid told to the server")->envname("TWILIO_ACCOUNT_SID");
    app.add_option("--public-url", call.public_url,
                   "Address the server believes to have; it is signed, the webhook's host dialed");
    app.add_option("--dial", call.dial,
                   "HOST:PORT to which media sockets are dialed in plain ws, whatever the URL says; "
                   "default: the webhook's, if that is http on loopback");
    app.add_flag("--allow-plain", call.allow_plain,
                 "Accept ws:// in TwiML, which the real carrier refuses; default when the webhook is http on "
                 "loopback and no --public-url is given");
    app.add_flag("!--insecure", call.tls_check, "Do not check TLS certificates");
    app.add_option("--status-callback", call.status_callback, "URL for call status callbacks");
    app.add_flag("--reorder-status", call.reorder_status, "Swap neighbouring status callbacks");
    app.add_flag("--duplicate-status", call.duplicate_status, "Send each status callback twice");
    app.add_option("--from", call.from, "Caller's number")->capture_default_str();
    app.add_option("--to", call.to, "Called number")->capture_default_str();
    app.add_option("--jitter", call.jitter_ms, "Audio messages up to so many ms late")->check(CLI::Range(0, 1000));
    app.add_option("--seed", call.seed, "Seed of the jitter")->capture_default_str();
    app.add_option("--signature", command.signature, "Signature of the media socket")
        ->check(CLI::IsMember({"correct", "wrong", "missing", "with-port", "https-scheme"}));
    app.add_option("--webhook-signature", command.webhook_signature, "Signature of webhooks")
        ->check(CLI::IsMember({"correct", "wrong", "missing", "with-port", "https-scheme"}));
    add_calls(app, command);
}

/// A simulated voice agent: its options, and what is turned into them.
template <class Options>
struct AgentCommand {
    Options options;
    std::string listen;
    std::string brain;
    std::vector<std::string> faults;
    bool lenient = false;
};

template <class Options>
void add_agent(CLI::App& app, AgentCommand<Options>& command, const char* listen, const char* key_variable) {
    auto& o = command.options;
    command.listen = listen;
    app.add_option("--listen", command.listen, "HOST:PORT")->capture_default_str();
    app.add_option("--api-key", o.api_key, "Only this key is let in; without it any is")->envname(key_variable);
    app.add_option("--brain", command.brain, "YAML file: what is answered to what")->check(CLI::ExistingFile);
    app.add_flag("--lenient", command.lenient, "Record violations instead of ending the session");
    app.add_option("--latency", o.latency.total.median_ms, "Median ms from the end of a turn to the first audio")
        ->capture_default_str();
    app.add_option("--latency-scale", o.latency.scale, "Multiplies all waiting; 0 answers at once")
        ->capture_default_str();
    app.add_option("--seed", o.latency.seed, "Seed of the latencies")->capture_default_str();
    app.add_option("--pace", o.pacing.factor, "Audio leaves so much faster than it plays; 0: all at once")
        ->capture_default_str();
    app.add_option("--end-of-turn", o.end_of_turn_ms, "Silence in ms that ends a turn of the caller")
        ->capture_default_str();
    app.add_option("--fault", command.faults, "NAME=VALUE, may be repeated");
    app.add_option("--caller-gain", o.caller_gain,
                   "The client amplifies the caller so much: what comes is divided by it")
        ->check(CLI::Range(0.01, 100.0))
        ->capture_default_str();
    app.add_option("--gain-tolerance", o.gain_tolerance_db,
                   "Speech further from its recording's level, in dB, is unintelligible")
        ->check(CLI::Range(0.0, 40.0))
        ->capture_default_str();
    app.add_flag("--narrow-band", o.narrow_band,
                 "Compare the caller below 3.3 kHz even at 8 kHz: the client has resampled it");
    app.add_option("--record", o.record_dir, "Folder for WAV files of what each session heard")
        ->check(CLI::ExistingDirectory);
    app.add_option("--messages", o.messages_dir, "Folder for JSON lines of what each session received")
        ->check(CLI::ExistingDirectory);
    add_format(&app, o.json);
    add_speech(&app, o.speech);
}

void add_hume(CLI::App& app, hume::HumeOptions& o) {
    app.add_option("--access-token", o.access_token, "Only this token is let in; without it any is");
    app.add_flag("!--no-header-auth", o.auth_in_header, "Credentials count in the query alone");
    app.add_option("--min-interruption", o.min_interruption_ms, "Speech over a reply that interrupts it, in ms")
        ->capture_default_str();
    app.add_option("--interim", o.interim_every_ms, "Interim transcripts every so many ms of speech")
        ->capture_default_str();
    app.add_option("--piece", o.pacing.frame_ms, "Length of one audio_output in ms")
        ->check(CLI::Range(5, 10000))
        ->capture_default_str();
    app.add_option("--rate", o.output_rate, "Sample rate of audio_output")
        ->check(CLI::Range(8000, 192000))
        ->capture_default_str();
    app.add_option("--tool-wait", o.tool_wait_ms, "An unanswered tool call is given up after so many ms")
        ->capture_default_str();
    app.add_option("--inactivity", o.inactivity_s, "Seconds without speech that end a chat; 0: none")
        ->capture_default_str();
    app.add_option("--inactivity-line", o.inactivity_line, "Said first; then there are 15 s of grace");
    app.add_option("--max-duration", o.max_duration_s, "Seconds a chat may last; 0: any")->capture_default_str();
    app.add_option("--session-speed", o.session_speed, "The clock of these limits runs so much faster")
        ->capture_default_str();
    app.add_option("--limit-close-code", o.limit_close_code, "Close code at these limits")->capture_default_str();
    app.add_option("--error-close-code", o.error_close_code, "Close code after an error")->capture_default_str();
    app.add_option("--max-chats", o.max_chats, "One more is refused with an error; 0: any number")
        ->capture_default_str();
    app.add_flag("--murmurs", o.murmurs_are_turns, "Speech too short to interrupt still becomes a user_message");
    app.add_flag("--end-after-interruption", o.end_after_interruption, "assistant_end of an interrupted reply");
    app.add_flag("--pause-stops-speech", o.pause_stops_speech, "pause_assistant_message ends the sentence, too");
    app.add_flag("--greet-resumed", o.greet_resumed, "Greets in a resumed chat group as well");
}

int complain(const Error& error) {
    std::fprintf(stderr, "trunkline-lab: %s\n", error.message.c_str());
    return 2;
}

template <class Options>
int run(AgentCommand<Options>& command) {
    auto address = split_host_port(command.listen);
    if (!address) return complain(address.error());
    command.options.host = address->host;
    command.options.port = address->port;
    command.options.strict = !command.lenient;
    if (!command.brain.empty()) {
        auto brain = agent::read_brain(command.brain);
        if (!brain) return complain(brain.error());
        command.options.brain = *brain;
    }
    for (const auto& fault : command.faults) {
        if (auto set = set_fault(command.options.faults, fault); !set) return complain(set.error());
    }
    return run_agent(command.options);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("The other ends of a call: simulated carriers and a simulated voice AI.", "trunkline-lab");
    app.footer(kExamples);
    app.require_subcommand(1);
    TwilioCommand twilio;
    VonageCommand vonage;
    AgentCommand<deepgram::DeepgramOptions> deepgram;
    AgentCommand<hume::HumeOptions> evi;
    std::string match;
    bool voices_json = false;
    SpeechOptions speech;
    auto* call = app.add_subcommand("twilio", "Ring a server as Twilio does, and hold a conversation");
    auto* vonage_call = app.add_subcommand("vonage", "Ring a server as Vonage does, and hold a conversation");
    auto* agent = app.add_subcommand("deepgram", "Serve as the Deepgram Voice Agent");
    auto* chat = app.add_subcommand("hume", "Serve as Hume EVI");
    auto* voices = app.add_subcommand("voices", "List the recordings a scenario can use, with their words");
    add_twilio(*call, twilio);
    add_agent(*agent, deepgram, "127.0.0.1:8765", "DEEPGRAM_API_KEY");
    add_agent(*chat, evi, "127.0.0.1:8766", "HUME_API_KEY");
    add_hume(*chat, evi.options);
    add_vonage(*vonage_call, vonage);
    voices->add_option("--match", match, "Only names or words that hold this text");
    add_format(voices, voices_json);
    add_speech(voices, speech);
    for (auto* one : {call, agent, voices}) one->footer(kExamples);
    chat->footer(kHumeExamples);
    vonage_call->footer(kVonageExamples);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (*voices) return run_voices(speech, match, voices_json);
    if (*agent) return run(deepgram);
    if (*chat) return run(evi);
    if (*vonage_call) return run_vonage(std::move(vonage));
    return run_twilio(std::move(twilio));
}
