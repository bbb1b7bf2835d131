import { createRouter, createWebHashHistory } from 'vue-router';
import SweepView from './views/SweepView.vue';

/** Hash history: the window is loaded from a file. The matrix without a run shows the one under way, else the latest. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/sweep', name: 'sweep', component: SweepView, meta: { title: 'Sweep' } },
    {
      path: '/matrix/:run?',
      name: 'matrix',
      component: () => import('./views/MatrixView.vue'),
      meta: { title: 'Matrix' },
    },
    {
      path: '/sensitivity',
      name: 'sensitivity',
      component: () => import('./views/SensitivityView.vue'),
      meta: { title: 'Sensitivity' },
    },
    { path: '/:rest(.*)*', redirect: { name: 'sweep' } },
  ],
});

router.afterEach((to) => {
  document.title = `${String(to.meta.title)} – Whittle`;
});
