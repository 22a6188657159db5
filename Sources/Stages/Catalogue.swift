public import Pipeline

extension StageCatalogue {
    /// Every stage of this build: add a stage by its own file and one line here.
    public static let standard = StageCatalogue([
        NoiseReductionPlan.descriptor,
        StabilizationPlan.descriptor,
        ColorEnhancementPlan.descriptor,
        HDRProcessingPlan.descriptor,
        VirtualBackgroundPlan.descriptor,
        AudioEnhancementPlan.descriptor,
        UpscalingPlan.descriptor,
        TransformPlan.descriptor,
        FilterPlan.descriptor,
    ])
}
