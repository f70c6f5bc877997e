// dbsink: facts of a call into the database, through the outbox: never waiting, in batches, durable.
//
//   facts ──sink──▶ Outbox::put ──ring──▶ storage thread ──▶ call_events, conversation_log, turns
#include "elements/database/dbsink.h"

#include "engine/core/log.h"
#include "engine/events/outbox.h"
#include "engine/gst/call_context.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/fact_sink.h"

using trunkline::FactPtr;
using trunkline::gst::FactSink;

struct _DbSink {
    GstElement parent_instance;
    FactSink* facts;
};
G_DEFINE_TYPE(DbSink, db_sink, GST_TYPE_ELEMENT)

static void db_sink_take(DbSink* self, const FactPtr& fact) {
    auto* call = self->facts->call();
    if (!call->outbox->put(trunkline::FactRecord{fact, true, ""})) {
        trunkline::log_error("dbsink", "fact refused: the outbox is full",
                             {{"call_id", fact->call_id}, {"seq", fact->seq}, {"type", fact->type}});
    }
}

static void db_sink_init(DbSink* self) {
    self->facts = new FactSink(GST_ELEMENT(self), [self](const FactPtr& fact) { db_sink_take(self, fact); });
}

static void db_sink_finalize(GObject* object) {
    delete TRUNKLINE_DB_SINK(object)->facts;
    G_OBJECT_CLASS(db_sink_parent_class)->finalize(object);
}

static void db_sink_set_context(GstElement* element, GstContext* context) {
    TRUNKLINE_DB_SINK(element)->facts->set_context(context);
    GST_ELEMENT_CLASS(db_sink_parent_class)->set_context(element, context);
}

static GstStateChangeReturn db_sink_change_state(GstElement* element, GstStateChange change) {
    auto* call = TRUNKLINE_DB_SINK(element)->facts->call();
    if (change == GST_STATE_CHANGE_NULL_TO_READY && (!call || !call->outbox)) {
        GST_ELEMENT_ERROR(element, RESOURCE, NOT_FOUND, ("dbsink runs only inside a call"),
                          ("no \"%s\" context with an outbox was set before READY; start the graph with `trunkline "
                           "serve`",
                           trunkline::kCallContextType));
        return GST_STATE_CHANGE_FAILURE;
    }
    return GST_ELEMENT_CLASS(db_sink_parent_class)->change_state(element, change);
}

static void db_sink_class_init(DbSinkClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = db_sink_finalize;
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = db_sink_set_context;
    element->change_state = db_sink_change_state;
    gst_element_class_add_static_pad_template(element, &trunkline::gst::kEventSinkTemplate);
    gst_element_class_set_static_metadata(element, "Database sink", "Sink/Events",
                                          "Stores the facts of a call (call_events, conversation_log, turns)",
                                          "Trunkline");
}
