#pragma once
// One engine with the graphs of this repository, and around it every carrier and every voice backend of the lab. A cell
// is a carrier and a backend that talk; each has a lab backend of its own, so that nothing is shared but the engine.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/json.h"
#include "engine/server.h"
#include "lab/agent/agent_lab.h"
#include "lab/carrier/carrier_call.h"
#include "lab/speech/library.h"
#include "lab/twilio/lab.h"
#include "lab/vonage/lab.h"
#include "tests/integration/receiver.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {

/// What a scenario changes: of the graphs (the same lines for every cell) and of the simulated backends.
struct GridOptions {
    std::string agent;  ///< settings of the node `agent`, one per line: "greeting: demo-thanks\n"
    std::string gate;   ///< settings of the node `gate`, likewise
    std::string limits = "{call: 2m, silence: 45s}";
    std::vector<std::string> faults;  ///< of the backends, key=value
    double pacing = 5;                ///< backends send audio so much faster than it plays
    int burst_ms = 0;                 ///< at once in the beginning; 0: as the backend likes
    lab::agent::Brain brain;
    std::string louder;                                      ///< settings of the node `louder` of graphs with Hume
    lab::SpeechOptions speech;                               ///< what backends can say
    size_t keep_audio_in = 0;                                ///< bytes of caller audio that backends keep
    std::vector<std::pair<std::string, std::string>> cells;  ///< empty: all there are; one may stand there often
};

class GridRig;

/// One call of one cell. Steps wait until they are true and return false at the deadline; what went wrong is noted and
/// makes every later step return false at once, so that a scenario reads as a list.
class Cell {
  public:
    Cell(GridRig& rig, std::string carrier, std::string backend, size_t number);

    std::string name() const { return carrier + " × " + backend; }
    bool begin();
    bool agent_silent_after(size_t spans);  ///< so many stretches of agent speech were heard, and it is quiet
    bool agent_speaks();
    bool heard_agent_for(int ms);  ///< the present stretch has lasted so long
    bool say(const std::string& recording);
    bool say(const std::string& name, const lab::Samples& samples);
    bool agent_said(size_t utterances);  ///< the backend has begun so many
    bool agent_sent_all(size_t utterance);
    bool press(const std::string& digits);
    bool fact(const std::string& type, size_t count = 1);
    bool cleared(int times);
    bool hang_up();
    bool ended();  ///< in the database, cleanly
    /// Notes `what` unless `good`.
    bool need(bool good, const std::string& what);

    std::vector<Json> facts(const std::string& type = "") const;
    std::vector<std::string> sql(const std::string& query) const;  ///< {id} stands for the call's id
    std::vector<lab::agent::SessionRecord> sessions() const { return agent->sessions(); }
    std::string story() const;

    const std::string carrier, backend;
    const size_t number;  ///< of all cells of the rig
    std::unique_ptr<lab::AgentLab> agent;
    std::unique_ptr<lab::CarrierCall> call;
    std::string id;       ///< ours, once the call has ended
    std::string problem;  ///< the first thing that went wrong

  private:
    GridRig& rig_;
};

class GridRig {
  public:
    explicit GridRig(const GridOptions& options);
    ~GridRig();
    GridRig(const GridRig&) = delete;
    GridRig& operator=(const GridRig&) = delete;

    /// One more call of the cell.
    std::unique_ptr<lab::CarrierCall> dial(const Cell& cell);
    /// Plays `talk` in every cell at once; true when no cell had a problem.
    void play(const std::function<void(Cell&)>& talk);
    std::vector<std::unique_ptr<Cell>>& cells() { return cells_; }
    lab::SpeechLibrary& speech() { return *speech_; }
    const GridOptions& options() const { return options_; }
    /// POSTs to /tool are answered with {"result": "…"}; what came is kept.
    const Receiver& receiver() const { return *receiver_; }

  private:
    friend class Cell;
    std::string graph(const Cell& cell) const;
    std::vector<std::string> sql(const std::string& query) const;

    GridOptions options_;
    TempFolder folder_;
    const std::string dir_ = folder_.path();
    std::shared_ptr<lab::SpeechLibrary> speech_;
    std::unique_ptr<Receiver> receiver_;
    std::unique_ptr<lab::TwilioLab> twilio_;
    std::unique_ptr<lab::vonage::VonageLab> vonage_;
    std::vector<std::unique_ptr<Cell>> cells_;
    std::unique_ptr<Server> server_;
};

/// The cells there are, in the order of the table.
std::vector<std::pair<std::string, std::string>> grid_cells();

}  // namespace trunkline::test
