/* The CRC-32 of Ethernet, zlib and PNG, bit by bit. Begin with 0; give the result of one block as `crc` of the next. */
#include <stddef.h>
#include <stdint.h>

static inline uint32_t crc32(uint32_t crc, const void *bytes, size_t length)
{
    const uint8_t *byte = bytes;
    crc = ~crc;
    while (length-- > 0) {
        crc ^= *byte++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}
