import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { z } from 'zod';
import App from './App.vue';
import { router } from './router';
import './styles/tokens.css';
import './styles/base.css';
import './styles/menu.css';
import './styles/sticky-head.css';

// The content security policy forbids code made from strings, which zod would otherwise try for speed.
z.config({ jitless: true });

createApp(App).use(createPinia()).use(router).mount('#app');
