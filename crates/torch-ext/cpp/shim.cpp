// What tch does not bind. Plain C functions: 0 is success; otherwise *error holds a malloc'ed message and nothing else
// was written. No exception ever leaves this file. A `tensor` is a heap-allocated at::Tensor, as in torch-sys.

#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <string_view>

#include <ATen/Context.h>
#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

using tensor = at::Tensor*;

namespace {

template <typename F>
int guarded(char** error, F&& body) {
  try {
    body();
    return 0;
  } catch (const std::exception& e) {
    *error = strdup(e.what());
  } catch (...) {
    *error = strdup("libtorch threw something that is not a std::exception");
  }
  return 1;
}

c10::DeviceAllocator* allocator_of(int device_type) {
  return dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(static_cast<c10::DeviceType>(device_type)));
}

using OptionalTensor = std::optional<at::Tensor>;
using Scalars = c10::List<std::optional<at::Scalar>>;
using Reorder = at::Tensor(const at::Tensor&, std::optional<int64_t>);
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const OptionalTensor&, std::string_view, Scalars,
                             std::optional<std::string_view>);
using Binary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const OptionalTensor&,
                          std::string_view);

template <typename Signature>
c10::TypedOperatorHandle<Signature> op(const char* name, const char* overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

OptionalTensor optional(const at::Tensor* t) { return t ? OptionalTensor(*t) : std::nullopt; }

}  // namespace

extern "C" {

const char* gbt_torch_version() { return TORCH_VERSION; }

void gbt_free_message(char* message) { std::free(message); }

int gbt_enter_inference_mode(void** guard, char** error) {
  return guarded(error, [&] { *guard = new c10::InferenceMode(true); });
}

void gbt_leave_inference_mode(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

int gbt_has_onednn(int* yes, char** error) {
  return guarded(error, [&] { *yes = at::globalContext().hasMKLDNN() && at::globalContext().userEnabledMkldnn(); });
}

int gbt_pack_linear(const at::Tensor* weight, int64_t rows, tensor* packed, char** error) {
  return guarded(error, [&] {
    static auto reorder = op<Reorder>("mkldnn::_reorder_linear_weight", "");
    *packed = new at::Tensor(reorder.call(*weight, rows));
  });
}

int gbt_linear(const at::Tensor* x, const at::Tensor* packed, const at::Tensor* bias, int gelu, tensor* y,
               char** error) {
  return guarded(error, [&] {
    static auto linear = op<Pointwise>("mkldnn::_linear_pointwise", "");
    auto algorithm = gelu ? std::optional<std::string_view>("none") : std::nullopt;
    *y = new at::Tensor(linear.call(*x, *packed, optional(bias), gelu ? "gelu" : "none", Scalars(), algorithm));
  });
}

int gbt_linear_add(const at::Tensor* x, const at::Tensor* packed, const at::Tensor* bias, const at::Tensor* residual,
                   tensor* y, char** error) {
  return guarded(error, [&] {
    static auto linear = op<Binary>("mkldnn::_linear_pointwise", "binary");
    *y = new at::Tensor(linear.call(*x, *residual, *packed, optional(bias), "add"));
  });
}

// *present is 0, and nothing else is written, where libtorch has no allocator for this kind of device.
int gbt_device_memory(int device_type, int index, int* present, uint64_t* free_bytes, uint64_t* total_bytes,
                      uint64_t* reserved_bytes, char** error) {
  return guarded(error, [&] {
    auto* allocator = allocator_of(device_type);
    *present = allocator != nullptr;
    if (!allocator) return;
    auto info = allocator->getMemoryInfo(static_cast<c10::DeviceIndex>(index));
    *free_bytes = info.first;
    *total_bytes = info.second;
    auto stats = allocator->getDeviceStats(static_cast<c10::DeviceIndex>(index));
    *reserved_bytes = stats.reserved_bytes[0].current;
  });
}

int gbt_empty_cache(int device_type, int* present, char** error) {
  return guarded(error, [&] {
    auto* allocator = allocator_of(device_type);
    *present = allocator != nullptr;
    if (allocator && allocator->initialized()) allocator->emptyCache();
  });
}

// 0 where no CUDA runtime is loaded, otherwise as CUDA counts: 13000 is 13.0.
int gbt_cuda_runtime(int64_t* version, char** error) {
  return guarded(error, [&] {
    const auto& hooks = at::detail::getCUDAHooks();
    *version = hooks.hasCUDART() ? hooks.versionCUDART() : 0;
  });
}

// The file that libtorch_cpu was loaded from; null where the loader can't say. Owned by the loader.
const char* gbt_libtorch_path() {
  Dl_info info;
  void* symbol = dlsym(RTLD_DEFAULT, "aoti_torch_device_type_cpu");
  return symbol && dladdr(symbol, &info) ? info.dli_fname : nullptr;
}

}  // extern "C"
