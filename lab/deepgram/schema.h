#pragma once
// The messages a client may send to /v1/agent/converse, as shapes.
#include <string>

#include "lab/agent/shape.h"

namespace trunkline::lab::deepgram {

using agent::Field;
using agent::Kind;
using agent::Shape;

/// The shape of the client message `type`; null when there is no such message.
const Shape* shape_of_message(const std::string& type);

}  // namespace trunkline::lab::deepgram
