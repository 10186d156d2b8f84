/** The backend in plain JavaScript: it needs nothing, and is for tests. */
import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import type { Backend } from '../executor.ts';
import { eagerBackend } from './executor.ts';

export const cpuBackend = (): Backend => eagerBackend('cpu', { tfjs: version_cpu });
