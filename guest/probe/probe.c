#include "gate.h"
#include "_cgo_export.h"
int probe_add(int a, int b) { patina_enter(); int r = goProbeAdd(a, b); patina_leave(); return r; }
