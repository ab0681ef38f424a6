//! Numbers on their way from the device to the host: copied once, and checked before they leave the crate.

use tch::{Device, Kind, Tensor};

use crate::Error;

/// The values of `tensor` in float32, row-major.
pub(crate) fn on_host(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    let values = tensor.f_to_kind(Kind::Float)?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut numbers = vec![0.0; values.numel()];
    values.f_copy_data(&mut numbers, values.numel())?;
    Ok(numbers)
}

/// `rows` `[n, width]`, if all of them are finite.
///
/// # Errors
/// [`Error::NonFinite`] with the first row that isn't.
pub(crate) fn finite(rows: Vec<f32>, width: usize) -> Result<Vec<f32>, Error> {
    match rows.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(Error::NonFinite { index: place / width }),
        None => Ok(rows),
    }
}
