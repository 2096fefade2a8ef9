// Drift detection: has the world of a model version left its reference, and how sure is that?
//
// Decides, per closed window of event time, one verdict over all features (`Check`), and between
// windows raises an `Alarm` when a feature's e-detector reaches its threshold. Nothing here reads a
// clock, a thread or a random device. Read in this order: calibration.h (what is known of the
// reference), learn.h (how it is learned), monitor.h (the step machine), check.h (a verdict and its
// evidence), concept_drift.h and cbpe.h (accuracy with and without labels), rehearsal.h (what a
// policy would do on the reference itself).
#pragma once

#include "temper/watch/drift/calibration.h"    // IWYU pragma: export
#include "temper/watch/drift/cbpe.h"           // IWYU pragma: export
#include "temper/watch/drift/check.h"          // IWYU pragma: export
#include "temper/watch/drift/concept_drift.h"  // IWYU pragma: export
#include "temper/watch/drift/learn.h"          // IWYU pragma: export
#include "temper/watch/drift/monitor.h"        // IWYU pragma: export
#include "temper/watch/drift/rehearsal.h"      // IWYU pragma: export
