/*
 * tests/fuzz/frame.c: any bytes as a message, on both sockets. The first byte's lowest bit picks the side.
 */
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bi_frame frame;
	struct bi_fault fault;
	if (size == 0)
		return 0;
	if (bi_frame_parse(&frame, (data[0] & 1) != 0 ? BI_SIDE_STAFF : BI_SIDE_CHILD, (const char *)data + 1, size - 1,
			   &fault)) {
		check_frame(&frame);
		bi_frame_finish(&frame);
	} else {
		check_fault(&fault);
	}
	return 0;
}
