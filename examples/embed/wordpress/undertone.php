<?php
/**
 * Plugin Name: Undertone for comments
 * Description: Tells writers of comments how they sound, in their own browsers; no server sees what they type.
 * License:     MIT OR Apache-2.0
 */

// Upload the folder that `make site` writes to wp-content/undertone: then no third party is asked for anything.
add_action('wp_enqueue_scripts', function () {
    if (is_singular() && comments_open()) {
        wp_enqueue_script('undertone', content_url('/undertone/embed.js'), [], null, ['strategy' => 'async']);
    }
});

// The comment form's field is #comment in every theme that calls comment_form().
add_filter('script_loader_tag', function (string $tag, string $handle): string {
    return $handle === 'undertone' ? str_replace(' src=', ' data-for="#comment" data-task="toxicity" data-nudge src=', $tag) : $tag;
}, 10, 2);
