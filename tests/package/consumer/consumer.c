/* consumer.c - a stranger's program: its own functions carry names that Salvor uses inside, and it only asks for the version. */
#include <salvor.h>
#include <stdio.h>

int log_write(int value);
int buffer_init(int value);
int status_text(int value);

int log_write(int value)
{
    return value + 1;
}
int buffer_init(int value)
{
    return log_write(value) + 1;
}
int status_text(int value)
{
    return buffer_init(value) + 1;
}

int main(void)
{
    printf("salvor %u, own names give %d\n", (unsigned)salvor_version(), status_text(0));
    return salvor_version() != 0 && status_text(0) == 3 ? 0 : 1;
}
