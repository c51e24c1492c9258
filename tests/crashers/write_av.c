/* write_av.c - writes through a pointer into the first page, three calls deep. */
#include "crash.h"

struct canvas {
    int width, height, stride, format, pixel;
};

static CRASH_NOINLINE int draw_pixel(volatile struct canvas *canvas, int colour)
{
    crash_site((uintptr_t)draw_pixel);
    canvas->pixel = colour; /* canvas is NULL: address 0x10 */
    return colour + 1;
}

static CRASH_NOINLINE int draw_shape(volatile struct canvas *canvas, int shape)
{
    return draw_pixel(canvas, shape * 7) + 1;
}

static CRASH_NOINLINE int draw_frame(volatile struct canvas *canvas)
{
    return draw_shape(canvas, 3) + 1;
}

void crash_write_av(void)
{
    static volatile struct canvas *volatile missing;
    draw_frame(missing);
}
