#include "../../../../include/appnet.h"
