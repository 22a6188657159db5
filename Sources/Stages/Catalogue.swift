public import Pipeline

extension StageCatalogue {
    /// Every stage of this build: add a stage by its own file and one line here.
    public static let standard = StageCatalogue([
        StabilizationPlan.descriptor,
        ColorEnhancementPlan.descriptor,
        VirtualBackgroundPlan.descriptor,
        HDRProcessingPlan.descriptor,
        TransformPlan.descriptor,
        FilterPlan.descriptor,
    ])
}
