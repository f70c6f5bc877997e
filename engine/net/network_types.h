#pragma once
// The types of GIO and libsoup, registered before there are threads.

namespace trunkline {

/// Main thread, before any other thread uses the network. GLib registers a type at its first use, and two threads that
/// do so at the same moment can wait for each other for ever (GLib 2.74): one initialises a class that names a type,
/// holding the lock of class initialisation; the other registers that type and needs the lock to add an interface to
/// it.
void register_network_types();

}  // namespace trunkline
