<?php
// Renders a post from standard input as WordPress does, with WordPress's own functions and filters, but no database:
// php render.php WORDPRESS_FOLDER PLUGIN_FILE < post
define( 'ABSPATH', rtrim( $argv[1], '/' ) . '/' );
define( 'WPINC', 'wp-includes' );
define( 'WP_CONTENT_DIR', ABSPATH . 'wp-content' );
define( 'DEFERRED_URL', 'https://runner.example/' );
error_reporting( E_ALL & ~E_DEPRECATED );

foreach ( array( 'compat', 'load', 'class-wp-object-cache', 'cache', 'plugin', 'functions', 'l10n', 'pomo/translations', 'formatting', 'kses', 'shortcodes' ) as $file ) {
	require ABSPATH . WPINC . "/$file.php";
}


// Options come from the database otherwise.
wp_cache_init();
wp_cache_set( 'alloptions', array( 'blog_charset' => 'UTF-8', 'use_smilies' => '1' ), 'options' );

// As wp-includes/default-filters.php adds them to the_content.
add_filter( 'the_content', 'wptexturize' );
add_filter( 'the_content', 'wpautop' );
add_filter( 'the_content', 'shortcode_unautop' );
add_filter( 'the_content', 'do_shortcode', 11 );
add_filter( 'the_content', 'convert_smilies', 20 );
require $argv[2];

smilies_init();
echo '<!doctype html><html><body>', apply_filters( 'the_content', stream_get_contents( STDIN ) ), "</body></html>\n";
