import type { RuntimeTensor } from '../runtime';
import { elementType } from './element-types';
import { OpenvinoRefusal, type OpenvinoLibrary, type Pointer } from './library';

/** What a model takes or gives. */
export interface Port {
  name: string;
  type: RuntimeTensor['type'];
  /** undefined: any size. */
  shape: (number | undefined)[];
}

/** What a model takes or gives, in the order of the file. Throws `OpenvinoRefusal`. */
export function portsOf(library: OpenvinoLibrary, model: Pointer, side: 'input' | 'output'): Port[] {
  const count = library.count(`ov_model_${side}s_size`, model);
  return Array.from({ length: count }, (_, index) => {
    const port = library.take(`ov_model_const_${side}_by_index`, model, index);
    try {
      const name = library.text('ov_port_get_any_name', port);
      const code = library.take<number>('ov_port_get_element_type', port);
      const type = elementType(code);
      if (!type)
        throw new OpenvinoRefusal(`its ${side} "${name}" has elements of a kind that is not used here (${code})`);
      return { name, type, shape: library.portShape(port) };
    } finally {
      library.free('ov_output_const_port_free', port);
    }
  });
}
