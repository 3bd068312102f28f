#include "load.h"
void run_counterpart(void) { fail("not yet"); }
