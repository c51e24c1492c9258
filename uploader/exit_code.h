/* exit_code.h - what salvor-upload tells its caller; the collector's schedule relies on it. */
#ifndef SALVOR_UPLOADER_EXIT_CODE_H
#define SALVOR_UPLOADER_EXIT_CODE_H

#define EXIT_ACCEPTED 0
#define EXIT_REFUSED  1 /* something is refused for good, or unfit */
#define EXIT_USAGE    2
#define EXIT_LATER    3 /* something may be taken later */
#define EXIT_UNKNOWN  4 /* --check: this kind of server cannot be asked */

#endif
