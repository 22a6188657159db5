internal import CFFmpeg
public import MediaCore

extension AudioFormat {
    /// Where each channel is heard, in order; `nil` when the layout's name is unknown.
    public var channels: [AudioChannel]? {
        var layout = AVChannelLayout()
        defer { av_channel_layout_uninit(&layout) }
        guard av_channel_layout_from_string(&layout, channelLayout) >= 0 else { return nil }
        return (0..<UInt32(layout.nb_channels)).map { index in
            switch av_channel_layout_channel_from_index(&layout, index) {
            case AV_CHAN_LOW_FREQUENCY, AV_CHAN_LOW_FREQUENCY_2: .lowFrequency
            case AV_CHAN_SIDE_LEFT, AV_CHAN_SIDE_RIGHT, AV_CHAN_BACK_LEFT, AV_CHAN_BACK_RIGHT, AV_CHAN_BACK_CENTER,
                AV_CHAN_SURROUND_DIRECT_LEFT, AV_CHAN_SURROUND_DIRECT_RIGHT, AV_CHAN_WIDE_LEFT, AV_CHAN_WIDE_RIGHT:
                .surround
            default: .front
            }
        }
    }

    /// The layout that sound of so many channels has when nobody says more; `nil` when there is none.
    public static func usualLayout(channelCount: Int) -> String? {
        var layout = AVChannelLayout()
        defer { av_channel_layout_uninit(&layout) }
        av_channel_layout_default(&layout, Int32(channelCount))
        return layout.order == AV_CHANNEL_ORDER_UNSPEC ? nil : describe(&layout)
    }

    /// Whether a layout says where its channels are heard.
    public static func isPlaced(_ layoutName: String) -> Bool {
        var layout = AVChannelLayout()
        defer { av_channel_layout_uninit(&layout) }
        guard av_channel_layout_from_string(&layout, layoutName) >= 0 else { return false }
        return layout.order != AV_CHANNEL_ORDER_UNSPEC
    }
}
