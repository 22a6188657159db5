// FFmpeg 5.1 and later, as Swift can see it. Each shim names the limit of the Clang importer it works around.
#ifndef AEGIS_CFFMPEG_SHIM_H
#define AEGIS_CFFMPEG_SHIM_H

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/cpu.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/sha.h>
#include <libavutil/spherical.h>
#include <libavutil/stereo3d.h>
#include <libavutil/tx.h>
#include <libswresample/swresample.h>

// Function-like and cast macros are not imported.
static const int aegis_error_again = AVERROR(EAGAIN);
static const int aegis_error_out_of_memory = AVERROR(ENOMEM);
static const int aegis_error_no_entry = AVERROR(ENOENT);
static const int aegis_error_no_space = AVERROR(ENOSPC);
static const int aegis_error_io = AVERROR(EIO);
static const int aegis_error_access = AVERROR(EACCES);
static const int aegis_error_invalid_argument = AVERROR(EINVAL);
static const int aegis_error_not_supported = AVERROR(ENOSYS);
// Tag macros (`FFERRTAG`) are not imported.
static const int aegis_error_end_of_file = AVERROR_EOF;
static const int aegis_error_invalid_data = AVERROR_INVALIDDATA;
static const int aegis_error_exit = AVERROR_EXIT;
static const int aegis_error_decoder_not_found = AVERROR_DECODER_NOT_FOUND;
static const int aegis_error_encoder_not_found = AVERROR_ENCODER_NOT_FOUND;
static const int aegis_error_demuxer_not_found = AVERROR_DEMUXER_NOT_FOUND;
static const int aegis_error_muxer_not_found = AVERROR_MUXER_NOT_FOUND;
static const int aegis_error_patchwelcome = AVERROR_PATCHWELCOME;
static const int64_t aegis_no_pts = AV_NOPTS_VALUE;

// The address of a static inline function is not usable as a C callback from Swift without a closure; a plain one is.
typedef int (*aegis_interrupt_callback)(void *opaque);

static inline void aegis_set_interrupt(AVFormatContext *context, aegis_interrupt_callback callback, void *opaque) {
    context->interrupt_callback.callback = callback;
    context->interrupt_callback.opaque = opaque;
}

// `AVFrame.data` and friends are imported as tuples; these give what an index needs.
static inline uint8_t *aegis_frame_data(const AVFrame *frame, int plane) { return frame->data[plane]; }
static inline int aegis_frame_stride(const AVFrame *frame, int plane) { return frame->linesize[plane]; }

// `AV_CH_LAYOUT_*` initialisers are compound literals, which are not imported.
static inline void aegis_default_layout(AVChannelLayout *layout, int channels) {
    av_channel_layout_default(layout, channels);
}

#endif
