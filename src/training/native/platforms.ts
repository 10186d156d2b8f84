/**
 * What the fallback takes from the Python package index where the ordinary installation of tfjs-node does not work. Only
 * Linux on x64 has been tried; the other rows are written after the contents of the wheels and are untested.
 */

export interface Wheel {
  readonly project: string;
  readonly version: string;
  /** The platform tag that pip is asked for. */
  readonly tag: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The members that are TensorFlow's libraries, the one to link with first. */
  readonly libraries: readonly [tensorflow: string, framework: string];
}

export interface Platform {
  /** `process.platform-process.arch`. */
  readonly name: string;
  readonly tested: boolean;
  /** Null where no wheel holds TensorFlow's library in a form that an addon can use. */
  readonly wheel: Wheel | null;
  readonly compiling: readonly string[];
  /** `$ORIGIN` and `@loader_path` are the addon's own folder. */
  readonly linking: readonly string[];
}

const linux = {
  libraries: ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
  // The macro names the one function of the C++ library that GCC before 11 has not, by another that does. Thus an addon that is
  // compiled here needs glibc 2.14 and GLIBCXX 3.4.18, less than Node itself. Static libraries of GCC would need our glibc.
  compiling: ['-D__throw_bad_array_new_length=__throw_bad_alloc'],
  linking: ['-shared', '-s', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
} as const;

const mac = {
  libraries: ['tensorflow/libtensorflow_cc.2.dylib', 'tensorflow/libtensorflow_framework.2.dylib'],
  linking: ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib'],
} as const;

const platforms: readonly Platform[] = [
  {
    name: 'linux-x64',
    tested: true,
    wheel: {
      project: 'tensorflow-cpu',
      version: '2.15.1',
      tag: 'manylinux2014_x86_64',
      bytes: 207_165_286,
      sha256: 'ba9503db2c5357ea21938555323581fbdabf3d051b6bc1b5f73c5b0ae034d077',
      libraries: linux.libraries,
    },
    compiling: linux.compiling,
    linking: linux.linking,
  },
  {
    name: 'linux-arm64',
    tested: false,
    wheel: {
      project: 'tensorflow-cpu-aws',
      version: '2.15.1',
      tag: 'manylinux2014_aarch64',
      bytes: 211_831_219,
      sha256: 'c781d95cb8c58d47cb012b7b4e77b2f3e8d4d47b45926bc54976506fa0c037cc',
      libraries: linux.libraries,
    },
    compiling: linux.compiling,
    linking: linux.linking,
  },
  {
    name: 'darwin-x64',
    tested: false,
    wheel: {
      project: 'tensorflow-cpu',
      version: '2.15.1',
      tag: 'macosx_10_15_x86_64',
      bytes: 236_439_366,
      sha256: 'f211b011e812f827f5452b1d5f19865645c65df6e2a07d71118480c40887133e',
      libraries: mac.libraries,
    },
    compiling: [],
    linking: mac.linking,
  },
  {
    name: 'darwin-arm64',
    tested: false,
    wheel: {
      project: 'tensorflow',
      version: '2.15.1',
      tag: 'macosx_12_0_arm64',
      bytes: 205_693_732,
      sha256: '10132acc072d59696c71ce7221d2d8e0e3ff1e6bc8688dbac6d7aed8e675b710',
      libraries: mac.libraries,
    },
    compiling: [],
    linking: mac.linking,
  },
  // Its wheel keeps TensorFlow inside of a module of Python, which no addon can link with.
  { name: 'win32-x64', tested: false, wheel: null, compiling: [], linking: [] },
];

/** The row of a platform; one without a wheel where the table has none. */
export function platformNamed(name: string): Platform {
  return (
    platforms.find((platform) => platform.name === name) ?? {
      name,
      tested: false,
      wheel: null,
      compiling: [],
      linking: [],
    }
  );
}
