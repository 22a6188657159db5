internal import Glibc

/// Levels and what they mean.
public enum Decibels {
    /// The level of an amplitude relative to 1.
    public static func level(ofAmplitude amplitude: Double) -> Double { 20 * log10(amplitude) }
    /// The level of a power relative to 1.
    public static func level(ofPower power: Double) -> Double { 10 * log10(power) }
    /// The amplitude of a level.
    public static func amplitude(ofLevel level: Double) -> Double { pow(10, level / 20) }
    /// The power of a level.
    public static func power(ofLevel level: Double) -> Double { pow(10, level / 10) }
}
