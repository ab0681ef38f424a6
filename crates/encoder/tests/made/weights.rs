//! The formula of `goldens/made_weights.py`, bit for bit: what a weight holds follows from its name and its shape.

/// FNV-1a, 64 bits.
fn seed_of(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |value, byte| (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Numbers from -1 to 1 in steps of 2^-23, by splitmix64.
fn uniform(name: &str) -> impl Iterator<Item = f64> {
    let mut state = seed_of(name);
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 23) - 1.0
    })
}

/// The weight `name` in float32, row-major.
pub fn made(name: &str, shape: &[usize]) -> Vec<f32> {
    let count = shape.iter().product();
    let numbers = uniform(name).take(count);
    let gain = shape.len() == 1 && name.ends_with("weight") && name.to_lowercase().contains("norm");
    if gain {
        numbers.map(|x| (1.0 + 0.3 * x) as f32).collect()
    } else if shape.len() == 1 {
        numbers.map(|x| (0.3 * x) as f32).collect()
    } else {
        let fan_in: usize = shape[1..].iter().product();
        let scale = 1.5 * (3.0 / fan_in as f64).sqrt();
        numbers.map(|x| (x * scale) as f32).collect()
    }
}
