// ONNX Runtime is not built with the thread sanitizer, so its own synchronisation is invisible and
// looks like races. What our code does is still watched.

extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's name

extern "C" const char* __tsan_default_suppressions() {  // NOLINT: the sanitizer's name
  return "race:libonnxruntime.so\ndeadlock:libonnxruntime.so\nmutex:libonnxruntime.so\n";
}
