#pragma once
// SOCI for the .cc files of this folder. Debian's SOCI headers ask for Boost, which its package does not bring; Boost
// only serves conversions that are not used here, so it is switched off rather than installed (150 MB of headers).
#include <soci/soci-config.h>
#undef SOCI_HAVE_BOOST
#undef SOCI_HAVE_BOOST_DATE_TIME
#include <soci/soci.h>
