#!/usr/bin/env bash
# A whole call without keys or accounts: the engine between a simulated Twilio and a simulated Deepgram Voice Agent, all
# on this machine. Prints what happens as it happens, then what was stored and where to hear it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${TRUNKLINE_BUILD_DIR:-build/release}
out=${1:-var/demo}
bold='' dim='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi
say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }

for program in "$build/engine/trunkline" "$build/lab/trunkline-lab"; do
    [[ -x $program ]] || { echo "demo: $program is not there: run ./dev demo, which builds it" >&2; exit 1; }
done

mkdir -p "$out"
rm -f "$out"/calls.db* "$out"/*.log "$out"/caller.wav
pids=()
cleanup() {
    local code=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    return $code
}
trap cleanup EXIT
trap 'exit 130' INT TERM

free_ports() {
    python3 -c 'import socket
s = [socket.socket() for _ in range(2)]
for x in s: x.bind(("127.0.0.1", 0))
print(*(x.getsockname()[1] for x in s))'
}
read -r engine_port agent_port < <(free_ports)

wait_for() {  # what, command…
    local what=$1
    shift
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
    done
    echo "demo: $what did not come up; the logs in $out say why:" >&2
    tail -n 5 "$out"/*.log >&2 || true
    exit 1
}

say "A call: simulated Twilio  ⇄  trunkline  ⇄  simulated Deepgram Voice Agent"
echo "${dim}graph  graphs/twilio-deepgram.yaml   engine  http://127.0.0.1:$engine_port   agent  ws://127.0.0.1:$agent_port${plain}"

"$build/lab/trunkline-lab" deepgram --listen "127.0.0.1:$agent_port" --brain lab/scenarios/demo.brain.yaml \
    >"$out/agent.log" 2>&1 &
pids+=($!)
wait_for "the simulated agent" bash -c "exec 3<>/dev/tcp/127.0.0.1/$agent_port"

# Settings of this process alone: a real .env is not read.
TWILIO_AUTH_TOKEN=demo-token DEEPGRAM_API_KEY=demo-key \
    DEEPGRAM_AGENT_URL="ws://127.0.0.1:$agent_port/v1/agent/converse" \
    "$build/engine/trunkline" serve --env-file /dev/null --graphs graphs/twilio-deepgram.yaml --port "$engine_port" \
    --url https://voice.example.com --database "$out/calls.db" --follow 2>"$out/engine.log" &
engine=$!
pids+=("$engine")
wait_for "the engine" curl -sf "http://127.0.0.1:$engine_port/readyz"

echo
result=0
"$build/lab/trunkline-lab" twilio --webhook "http://127.0.0.1:$engine_port/twilio/voice" --auth-token demo-token \
    --public-url https://voice.example.com --dial "127.0.0.1:$engine_port" \
    --status-callback "http://127.0.0.1:$engine_port/twilio/status" \
    --scenario lab/scenarios/demo.yaml --wav "$out/caller.wav" >"$out/caller.log" 2>&1 || result=$?

# The facts are on disk within a blink of the hang-up; the engine says when the call is closed.
wait_for "the end of the call" bash -c "curl -sf 'http://127.0.0.1:$engine_port/api/v1/calls?status=completed' | grep -q '\"id\"'"

table() {
    echo
    say "$1"
    sqlite3 -cmd '.mode box --wrap 60 --wordwrap on' "$out/calls.db" "$2"
}
table "calls" "select id, status, end_reason, from_number as 'from', graph, backend, duration_ms from calls"
table "conversation_log" "select seq, turn, role, message from conversation_log order by seq"
table "turns: where the time went (ms)" \
    "select turn, cast(round(voice_to_voice_ms) as int) as voice_to_voice, round(engine_ms, 2) as engine, cast(round(backend_ms) as int) as backend,
            round(unexplained_ms, 3) as unexplained, interrupted from turns order by turn"
table "call_events" "select type, count(*) as facts from call_events group by type order by min(seq)"

kill -TERM "$engine" && wait "$engine" || true
echo
if [[ $result == 0 ]]; then
    say "The call went as written in lab/scenarios/demo.yaml."
else
    say "The call did NOT go as written in lab/scenarios/demo.yaml:"
    tail -n 15 "$out/caller.log"
fi
echo "What was said (left) and heard (right):  $out/caller.wav"
echo "Database:                                $out/calls.db"
echo "Logs of engine, agent and caller:        $out/*.log"
exit "$result"
