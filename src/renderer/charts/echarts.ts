import { CustomChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent, ParallelComponent } from 'echarts/components';
import { init, use, type ComposeOption, type ECharts } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';
import type {
  CustomSeriesOption,
  LineSeriesOption,
  ParallelSeriesOption,
  ScatterSeriesOption,
} from 'echarts/charts';
import type { DataZoomComponentOption, GridComponentOption, ParallelComponentOption } from 'echarts/components';

// Only what the charts use. Canvas: ECharts’ own tooltip and SVG would need inline styles, which the page’s policy forbids.
use([
  ScatterChart,
  LineChart,
  CustomChart,
  ParallelChart,
  GridComponent,
  ParallelComponent,
  DataZoomInsideComponent,
  LabelLayout,
  CanvasRenderer,
]);

export type ChartOption = ComposeOption<
  | ScatterSeriesOption
  | LineSeriesOption
  | CustomSeriesOption
  | ParallelSeriesOption
  | GridComponentOption
  | ParallelComponentOption
  | DataZoomComponentOption
>;
export { init, type ECharts };
