#pragma once
// The commands of trunkline-lab. Each fills its options from the command line and returns the program's exit code:
// 0 all went as the scenario says, 1 something did not, 2 wrong use, 130 interrupted.
#include <memory>
#include <string>
#include <vector>

#include "lab/deepgram/options.h"
#include "lab/speech/library.h"
#include "lab/twilio/options.h"
#include "lab/vonage/options.h"

namespace trunkline::lab {

/// What every command that rings has.
struct CallsCommand {
    std::string scenario;  ///< file; empty: stays on the line until the call ends or Ctrl-C
    std::string wav;       ///< what was said and heard; empty: not written
    int calls = 1;
    double rate = 10;  ///< calls begun per second
    int threads = 1;
    std::vector<std::string> faults;  ///< key=value
    bool json = false;
    bool check_only = false;  ///< only reads the scenario
    SpeechOptions speech;
};

struct TwilioCommand : CallsCommand {
    TwilioCallOptions call;
    std::string signature = "correct";
    std::string webhook_signature = "correct";
};

struct VonageCommand : CallsCommand {
    vonage::CallOptions call;
    std::string rest;        ///< HOST:PORT of /v1/calls; empty: not served
    std::string public_key;  ///< file of the application's public key
};

int run_twilio(TwilioCommand command);
int run_vonage(VonageCommand command);
int run_voices(const SpeechOptions& options, const std::string& match, bool json);

/// `key=value` onto the faults of a call. Codes: unknown-fault (names all), bad-fault.
Status set_media_fault(TwilioCallOptions& options, const std::string& assignment);

Status set_vonage_fault(vonage::CallOptions& options, const std::string& assignment);

/// Text for people on standard output; colours only on a terminal.
class Paper {
  public:
    Paper();
    bool terminal() const { return terminal_; }
    std::string good(const std::string& text) const { return dyed("32", text); }
    std::string bad(const std::string& text) const { return dyed("31", text); }
    std::string dim(const std::string& text) const { return dyed("2", text); }
    std::string strong(const std::string& text) const { return dyed("1", text); }

  private:
    std::string dyed(const char* code, const std::string& text) const;
    bool terminal_;
};

}  // namespace trunkline::lab
