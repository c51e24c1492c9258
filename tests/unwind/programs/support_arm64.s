// support_arm64.s - the stack probe that compilers call, and what a program without a C library must have.
    .text
    .globl __chkstk
    .globl _fltused
// Probes 16 * x15 bytes below sp and keeps all registers but x16 and x17.
__chkstk:
    mov x16, sp
    lsl x17, x15, #4
1:  sub x16, x16, #0x1000
    subs x17, x17, #0x1000
    b.lo 2f
    ldr xzr, [x16]
    b 1b
2:  ret
    .data
_fltused:
    .long 1
