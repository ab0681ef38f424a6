//! The part of config.json that DebertaV2 adds to what both versions have, with transformers' defaults.

use serde::Deserialize;

use crate::arch::activation::Activation;
use crate::arch::config::Config;
use crate::arch::disentangled::{Buckets, DebertaConfig, Kernel};
use crate::packing::signed;

/// See the module.
#[derive(Deserialize)]
pub(super) struct DebertaV2Config {
    #[serde(flatten)]
    pub(super) shared: DebertaConfig,
    /// Whether positions are projected with the weights of content.
    #[serde(default)]
    pub(super) share_att_key: bool,
    #[serde(default = "unset")]
    position_buckets: i64,
    #[serde(default = "none")]
    norm_rel_ebd: String,
    #[serde(default)]
    conv_kernel_size: i64,
    #[serde(default = "one")]
    conv_groups: i64,
    #[serde(default = "tanh")]
    conv_act: Activation,
}

impl Config for DebertaV2Config {
    fn problem(&self) -> Option<String> {
        let norm = &self.norm_rel_ebd;
        if !self.norms_positions() && !norm.eq_ignore_ascii_case("none") {
            return Some(format!(
                "The `norm_rel_ebd` `{norm}` is not supported; `none` and `layer_norm` are."
            ));
        }
        let kernel = self.kernel().and_then(Kernel::problem);
        let buckets = self.buckets().and_then(Buckets::problem);
        kernel.or(buckets).or_else(|| self.shared.problem())
    }
}

impl DebertaV2Config {
    pub(super) fn norms_positions(&self) -> bool {
        self.norm_rel_ebd.eq_ignore_ascii_case("layer_norm")
    }

    pub(super) fn buckets(&self) -> Option<Buckets> {
        let (count, farthest) = (self.position_buckets, self.shared.reach()?);
        (count > 0).then_some(Buckets { count, farthest })
    }

    pub(super) fn kernel(&self) -> Option<Kernel> {
        (self.conv_kernel_size > 0).then(|| Kernel {
            hidden: signed(self.shared.hidden_size),
            size: self.conv_kernel_size,
            groups: self.conv_groups,
            activation: self.conv_act,
            epsilon: self.shared.layer_norm_eps,
        })
    }

    /// What the products of queries and keys are multiplied with.
    pub(super) fn scale(&self) -> f64 {
        self.shared.scale(1 + self.shared.kinds.different())
    }
}

fn unset() -> i64 {
    -1
}

fn one() -> i64 {
    1
}

fn none() -> String {
    "none".to_owned()
}

fn tanh() -> Activation {
    Activation::Tanh
}
