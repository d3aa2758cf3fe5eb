//! The arithmetic of the encoder on plain slices, with the widest instructions the processor has.
//!
//! candle's element-wise operations allocate a tensor each, and its quantised products want rows whose length
//! divides by 256, which this encoder's 384 does not. So between the matrix products everything is a loop
//! here, written once over `pulp`'s vectors and dispatched at run time; and on processors with AVX-512 VNNI
//! the 4-bit products are here too ([`vnni`]).
//!
//! Activations live in *panels*: a `[tokens, width]` matrix is stored as `width / 32` consecutive
//! `[tokens, 32]` matrices. A panel is what an attention head reads, what a quantisation block covers and
//! what a thread writes, so every loop runs over contiguous memory and threads never share a row.

#[expect(
    clippy::inline_always,
    reason = "a kernel compiles for the processor's vectors only inside the dispatching function"
)]
mod attention;
#[expect(
    clippy::inline_always,
    reason = "a kernel compiles for the processor's vectors only inside the dispatching function"
)]
mod pointwise;
#[cfg(target_arch = "x86_64")]
pub(super) mod vnni;

#[cfg(test)]
mod tests;

use pulp::{Arch, WithSimd};

pub(super) use attention::Attend;
pub(super) use pointwise::{AddNorm, Gelu, Norm};

/// Columns of a panel, and values of a quantisation block.
pub(super) const PANEL: usize = 32;

/// What the processor this runs on can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Processor {
    arch: Arch,
    integer_products: bool,
}

impl Processor {
    /// Asks the processor.
    pub(super) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        let integer_products = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        #[cfg(not(target_arch = "x86_64"))]
        let integer_products = false;
        Self {
            arch: Arch::new(),
            integer_products,
        }
    }

    /// The same processor without [`vnni`], so that tests reach what other processors run.
    #[cfg(test)]
    pub(super) fn without_integer_products(self) -> Self {
        Self {
            integer_products: false,
            ..self
        }
    }

    /// Everything this processor can pretend to be, for tests.
    #[cfg(test)]
    pub(super) fn variants() -> Vec<Self> {
        let best = Self::detect();
        let mut variants = vec![best];
        #[cfg(target_arch = "x86_64")]
        {
            let older = best.without_integer_products();
            variants.extend(pulp::x86::V3::try_new().map(|simd| Self {
                arch: Arch::V3(simd),
                ..older
            }));
            variants.push(Self {
                arch: Arch::Scalar,
                ..older
            });
        }
        variants
    }

    /// Whether [`Processor::quantise`] and [`Processor::multiply`] may be called.
    pub(super) fn has_integer_products(self) -> bool {
        self.integer_products
    }

    /// Runs a loop.
    pub(super) fn run<K: WithSimd>(self, kernel: K) -> K::Output {
        self.arch.dispatch(kernel)
    }

    /// Does a part of an integer product.
    ///
    /// # Panics
    /// Without [`Processor::has_integer_products`], or when slices do not have the documented lengths.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn run_integer(self, step: vnni::Step<'_>) {
        assert!(self.integer_products);
        #[expect(
            unsafe_code,
            reason = "the functions need AVX-512 VNNI, and `integer_products` is set only where the processor says it has that"
        )]
        unsafe {
            step.run();
        }
    }
}
