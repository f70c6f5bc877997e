#include "elements/register.h"

#include "elements/bargein/bargein.h"
#include "elements/call/callends.h"
#include "elements/database/dbsink.h"
#include "elements/deepgram/deepgramagent.h"
#include "elements/recorder/recordsink.h"
#include "elements/twilio/twiliosink.h"
#include "elements/twilio/twiliosrc.h"
#include "elements/vonage/vonagesink.h"
#include "elements/vonage/vonagesrc.h"
#include "elements/webhook/webhooksink.h"

namespace trunkline {

bool register_elements(GstPlugin* plugin) {
    const struct {
        const char* name;
        GType type;
    } elements[] = {
        {"callsrc", TRUNKLINE_TYPE_CALL_SRC},
        {"callsink", TRUNKLINE_TYPE_CALL_SINK},
        {"twiliosrc", TRUNKLINE_TYPE_TWILIO_SRC},
        {"twiliosink", TRUNKLINE_TYPE_TWILIO_SINK},
        {"vonagesrc", TRUNKLINE_TYPE_VONAGE_SRC},
        {"vonagesink", TRUNKLINE_TYPE_VONAGE_SINK},
        {"deepgramagent", TRUNKLINE_TYPE_DEEPGRAM_AGENT},
        {"bargein", TRUNKLINE_TYPE_BARGE_IN},
        {"recordsink", TRUNKLINE_TYPE_RECORD_SINK},
        {"dbsink", TRUNKLINE_TYPE_DB_SINK},
        {"webhooksink", TRUNKLINE_TYPE_WEBHOOK_SINK},
    };
    for (const auto& e : elements) {
        if (!gst_element_register(plugin, e.name, GST_RANK_NONE, e.type)) return false;
    }
    return true;
}

}  // namespace trunkline
