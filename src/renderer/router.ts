import { createRouter, createWebHashHistory, type RouteComponent } from 'vue-router';
import { addressOf, views } from '@shared/views';

const components = import.meta.glob<RouteComponent>('./views/*.vue', { import: 'default' });

/** Hash history: the window is loaded from a file. The matrix without a run shows the one under way, else the latest. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    ...views.map(({ name, title, path, component }) => ({
      name,
      path,
      component: components[`./views/${component}.vue`]!,
      meta: { title },
    })),
    { path: '/:rest(.*)*', redirect: addressOf(views[0]!) },
  ],
});
