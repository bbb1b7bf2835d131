import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent } from 'echarts/components';
import { init, use, type ComposeOption, type ECharts } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';
import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts';
import type { DataZoomComponentOption, GridComponentOption } from 'echarts/components';

// Only what the charts use. Canvas: ECharts’ own tooltip and SVG would need inline styles, which the page’s policy forbids.
use([ScatterChart, LineChart, CustomChart, GridComponent, DataZoomInsideComponent, LabelLayout, CanvasRenderer]);

export type ChartOption = ComposeOption<
  ScatterSeriesOption | LineSeriesOption | CustomSeriesOption | GridComponentOption | DataZoomComponentOption
>;
export { init, type ECharts };
